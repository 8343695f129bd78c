"""A linear classifier behind dropout."""

from mmpretrain.models import LinearClsHead
from torch import Tensor, nn

from mmstn.registry import MODELS


@MODELS.register_module()
class DropoutLinearHead(LinearClsHead):
    """Classify a vector by dropout and one linear layer.

    Args:
        num_classes: Number of classes.
        in_channels: Length of the vector.
        dropout: Share of it set to zero in training.
        kwargs: ``loss``, ``topk``, ``cal_acc`` and ``init_cfg`` of
            MMPretrain's ``LinearClsHead``.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(num_classes, in_channels, **kwargs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, feats: tuple[Tensor]) -> Tensor:
        """Return the scores ``(B, K)`` of vectors ``(B, C)``."""
        return self.fc(self.dropout(self.pre_logits(feats)))

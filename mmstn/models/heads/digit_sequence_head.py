"""A classifier of digit sequences, one softmax for each digit."""

import torch
import torch.nn.functional as F
from mmpretrain.models import ClsHead
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from mmstn.registry import MODELS

DIGITS = 5
CLASSES = 11


@MODELS.register_module()
class DigitSequenceHead(ClsHead):
    """Classify five digits in parallel, each of 11 classes: 10 is no digit.

    The loss is the negative logarithm of the probability of the whole number:
    the sum of five cross-entropies, averaged over the batch. Predictions are
    ``pred_label (5,)`` and ``pred_score (5, 11)`` of each data sample, whose
    ``gt_label`` is ``(5,)`` too.

    Source: Goodfellow et al. 2013; Jaderberg et al. 2015, section 4.2.

    Args:
        in_channels: Length of the vector that comes in.
    """

    def __init__(self, in_channels: int, init_cfg: dict | None = None):
        normal = dict(type='Normal', layer='Linear', std=0.01)
        super().__init__(init_cfg=init_cfg or normal)
        self.fc = nn.Linear(in_channels, DIGITS * CLASSES)

    def forward(self, feats: tuple[Tensor]) -> Tensor:
        """Return the scores ``(B, 5, 11)`` of vectors ``(B, C)``.

        Raises:
            ValueError: If they are of another length.
        """
        vectors = self.pre_logits(feats)
        if vectors.ndim != 2 or vectors.shape[1] != self.fc.in_features:
            raise ValueError(
                f'DigitSequenceHead: in_channels={self.fc.in_features}, but '
                f'what comes in is {tuple(vectors.shape)}, not (B, '
                'in_channels); set in_channels to its length, and pool a map '
                'by a neck before'
            )
        return self.fc(vectors).unflatten(1, (DIGITS, CLASSES))

    def _get_loss(
        self, cls_score: Tensor, data_samples: list[DataSample]
    ) -> dict[str, Tensor]:
        target = torch.stack([sample.gt_label for sample in data_samples])
        if target.shape[1:] != (DIGITS,):
            raise ValueError(
                f'DigitSequenceHead: gt_label of a sample must be ({DIGITS},),'
                f' but got {tuple(target.shape[1:])}; mmstn.HouseNumbers '
                'gives such'
            )
        scores = cls_score.flatten(0, 1)  # (B * 5, 11)
        loss = F.cross_entropy(scores, target.flatten(), reduction='sum')
        return dict(loss=loss / len(target))

    def _get_predictions(
        self, cls_score: Tensor, data_samples: list[DataSample | None] | None
    ) -> list[DataSample]:
        scores = cls_score.softmax(2)
        if data_samples is None:
            data_samples = [None] * len(scores)
        samples = [sample or DataSample() for sample in data_samples]
        for sample, score in zip(samples, scores, strict=True):
            sample.set_pred_label(score.argmax(1))
            sample.set_field(score, 'pred_score')
        return samples

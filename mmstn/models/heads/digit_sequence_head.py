"""A classifier of digit sequences, one softmax for each digit."""

import torch
import torch.nn.functional as F
from mmpretrain.models import ClsHead
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from mmstn.checks import check_count
from mmstn.registry import MODELS


@MODELS.register_module()
class DigitSequenceHead(ClsHead):
    """Classify the digits of a sequence in parallel, each by a softmax.

    House numbers have five, each of 11 classes: 10 is no digit.

    The loss is the negative logarithm of the probability of the whole number:
    the sum of the cross-entropies of its digits, averaged over the batch.
    Predictions are ``pred_label (L,)`` and ``pred_score (L, K)`` of each data
    sample, whose ``gt_label`` is ``(L,)`` too.

    Source: Goodfellow et al. 2013; Jaderberg et al. 2015, section 4.2; one
    layer shared by all digits as in Sonderby et al. 2015.

    Args:
        in_channels: Length of the vector that comes in.
        num_digits: The length ``L`` of a sequence.
        num_classes: The classes ``K`` of a digit.
        per_stream: True if a stream comes in for each digit, as from a
            ``mmstn.ParallelSTNBackbone``; one linear layer reads them all.
    """

    def __init__(
        self,
        in_channels: int,
        num_digits: int = 5,
        num_classes: int = 11,
        per_stream: bool = False,
        init_cfg: dict | None = None,
    ):
        normal = dict(type='Normal', layer='Linear', std=0.01)
        super().__init__(init_cfg=init_cfg or normal)
        check_count('DigitSequenceHead', 'num_digits', num_digits)
        check_count('DigitSequenceHead', 'num_classes', num_classes)
        self.num_digits = num_digits
        self.per_stream = per_stream
        read_at_once = 1 if per_stream else num_digits
        self.fc = nn.Linear(in_channels, read_at_once * num_classes)

    def pre_logits(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Return what the linear layer reads, one vector after the other.

        ``(B, C)``, or ``(B * L, C)`` of streams.
        """
        if not self.per_stream:
            return super().pre_logits(feats)
        if len(feats) != self.num_digits:
            raise ValueError(
                f'DigitSequenceHead: num_digits={self.num_digits}, but '
                f'{len(feats)} streams come in; per_stream=True takes one for '
                'each digit'
            )
        return torch.stack(feats, dim=1).flatten(0, 1)

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Return the scores ``(B, L, K)`` of vectors ``(B, C)``.

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
        batch = len(feats[-1])
        return self.fc(vectors).view(batch, self.num_digits, -1)

    def _get_loss(
        self, cls_score: Tensor, data_samples: list[DataSample]
    ) -> dict[str, Tensor]:
        target = torch.stack([sample.gt_label for sample in data_samples])
        if target.shape[1:] != (self.num_digits,):
            raise ValueError(
                'DigitSequenceHead: gt_label of a sample must be '
                f'({self.num_digits},), but got {tuple(target.shape[1:])}; '
                'set num_digits to the digits of the data set'
            )
        scores = cls_score.flatten(0, 1)  # (B * L, K)
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

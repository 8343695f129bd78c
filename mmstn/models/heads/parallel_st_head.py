"""One classifier for all streams, and one for each if asked for."""

from collections.abc import Sequence

import torch
from mmengine.model import ModuleList
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from mmstn.models.heads.dropout_linear_head import DropoutLinearHead
from mmstn.registry import MODELS


@MODELS.register_module()
class ParallelSTHead(DropoutLinearHead):
    """Classify N concatenated streams together, and each stream on its own.

    Source: Jaderberg et al. 2015, section 4.3.

    Args:
        num_classes: Number of classes.
        in_channels: Length of the concatenated vector, ``N * C``.
        dropout: Share of it set to zero in training.
        stream_losses: Weight of a loss for each stream, which then has a
            linear layer of its own and a prediction: ``stream_scores (N, K)``
            and ``stream_labels (N,)`` of a data sample. By default the
            streams are only classified together.
        kwargs: As of :class:`DropoutLinearHead`.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        dropout: float = 0.0,
        stream_losses: Sequence[float] = (),
        **kwargs,
    ):
        super().__init__(num_classes, in_channels, dropout, **kwargs)
        self.stream_losses = tuple(stream_losses)
        streams = len(self.stream_losses)
        if streams and in_channels % streams:
            raise ValueError(
                f'ParallelSTHead: stream_losses has {streams} weights, which '
                f'do not divide in_channels={in_channels}; give one weight '
                'for each stream'
            )
        self.stream_fcs = ModuleList(
            nn.Linear(in_channels // streams, num_classes)
            for _ in self.stream_losses
        )

    def stream_scores(self, feats: tuple[Tensor]) -> list[Tensor]:
        """Return the scores ``(B, K)`` of each stream on its own."""
        vectors = self.pre_logits(feats).chunk(len(self.stream_fcs), dim=1)
        return [
            fc(self.dropout(vector))
            for fc, vector in zip(self.stream_fcs, vectors, strict=True)
        ]

    def loss(
        self, feats: tuple[Tensor], data_samples: list[DataSample], **kwargs
    ) -> dict[str, Tensor]:
        """Return ``loss``, and ``loss_stream_1``, ... of ``stream_losses``."""
        losses = super().loss(feats, data_samples, **kwargs)
        if self.stream_losses:
            for index, scores in enumerate(self.stream_scores(feats)):
                loss = self._get_loss(scores, data_samples, **kwargs)['loss']
                weight = self.stream_losses[index]
                losses[f'loss_stream_{index + 1}'] = weight * loss
        return losses

    def predict(
        self,
        feats: tuple[Tensor],
        data_samples: list[DataSample | None] | None = None,
    ) -> list[DataSample]:
        """Return the data samples with their predictions."""
        samples = super().predict(feats, data_samples)
        if self.stream_losses:
            scores = torch.stack(self.stream_scores(feats), 1).softmax(-1)
            for sample, each in zip(samples, scores, strict=True):  # (N, K)
                sample.set_field(each, 'stream_scores')
                sample.set_field(each.argmax(-1), 'stream_labels')
        return samples

"""A picture read row by row, as a series."""

from torch import Tensor, nn

from mmstn.registry import MODELS


@MODELS.register_module()
class RowsAsSeries(nn.Module):
    """Read a grey picture row by row, as a series with a channel per column.

    Place it first in the ``transformers`` of an ``STNBackbone``; those behind
    it, and the backbone, then act along one axis.
    """

    def forward(self, source: Tensor) -> Tensor:
        """Return the series ``(B, W, H)`` of a source ``(B, 1, H, W)``.

        Raises:
            ValueError: If the source is not a grey picture.
        """
        if source.ndim != 4 or source.shape[1] != 1:
            raise ValueError(
                'RowsAsSeries: source must be a grey picture (B, 1, H, W), '
                f'but got {tuple(source.shape)}'
            )
        return source[:, 0].mT.contiguous()

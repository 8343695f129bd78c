"""Part 3 of the spatial transformer: read the source at the grid."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmstn.geometry.sampling import (
    check_kernel,
    check_padding,
    sample,
    sample_each,
)
from mmstn.registry import MODELS


@MODELS.register_module()
class GridSampler(nn.Module):
    """See :func:`mmstn.geometry.sampling.sample`.

    Args:
        kernel: ``'nearest'``, ``'linear'``, or in 2D ``'cubic'``.
        padding: What is read outside the source: ``'zeros'``, ``'border'``,
            ``'reflection'``, or one number per channel. After mean/std
            normalisation zeros are grey, not black.
    """

    def __init__(
        self,
        kernel: str = 'linear',
        padding: str | Sequence[float] = 'zeros',
    ):
        super().__init__()
        check_kernel(kernel)
        check_padding(padding)
        self.kernel = kernel
        self.padding = padding

    def forward(self, source: Tensor, grid: Tensor) -> Tensor:
        check_gradient(self.kernel, grid)
        return sample(source, grid, self.kernel, self.padding)

    def each(self, source: Tensor, grids: Tensor) -> Tensor:
        """Return the source read at each of ``grids (B, N, *out, n)``."""
        check_gradient(self.kernel, grids)
        return sample_each(source, grids, self.kernel, self.padding)

    def extra_repr(self) -> str:
        return f'kernel={self.kernel!r}, padding={self.padding!r}'


def check_gradient(kernel: str, grid: Tensor) -> None:
    """Raise a ValueError if the grid wants a gradient that is always zero."""
    wanted = torch.is_grad_enabled() and grid.requires_grad
    if kernel == 'nearest' and wanted:
        raise ValueError(
            "GridSampler: kernel='nearest' gives theta a gradient of zero, so "
            "the localiser would learn nothing; use kernel='linear', or "
            'freeze the localiser'
        )

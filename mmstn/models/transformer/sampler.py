"""Part 3 of the spatial transformer: sample the source at the grid."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmstn.geometry.sampling import (
    check_kernel,
    check_padding,
    sample,
    sample_each,
)
from mmstn.models.transformer.grid import GridGenerator
from mmstn.registry import MODELS


@MODELS.register_module()
class GridSampler(nn.Module):
    """Sample the source at the grid: :func:`mmstn.geometry.sampling.sample`.

    >>> sampler = mmstn.GridSampler(padding='border')
    >>> left_half = torch.tensor([[0.5, 0, -0.5, 0, 1, 0]])
    >>> row = torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    >>> sampler(row, mmstn.AffineGrid((1, 2)), left_half)
    tensor([[[[1., 2.]]]])

    Args:
        kernel: ``'nearest'``, ``'linear'``, or, not in 3D, ``'cubic'``.
        padding: The value outside the source: ``'zeros'``, ``'border'``,
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

    def forward(
        self, source: Tensor, family: GridGenerator, theta: Tensor
    ) -> Tensor:
        """Return the output, ``(B, C, *out)`` or ``(B, N * C, *out)``.

        Args:
            source: ``(B, C, *size)``.
            family: Makes the grid of theta.
            theta: ``(B, P)``, or ``(B, N, P)`` for N reads of each source.
                Their outputs are concatenated along channels, in order.
        """
        check_gradient(self.kernel, theta)
        if theta.ndim == 2:
            return sample(source, family(theta), self.kernel, self.padding)
        grids = family(theta.flatten(0, 1))  # (B * N, *out, n)
        grids = grids.unflatten(0, theta.shape[:2])
        outputs = sample_each(source, grids, self.kernel, self.padding)
        return outputs.flatten(1, 2)  # (B, N * C, *out)

    def extra_repr(self) -> str:
        return f'kernel={self.kernel!r}, padding={self.padding!r}'


def check_gradient(kernel: str, theta: Tensor) -> None:
    """Raise a ValueError if theta wants a gradient that is always zero."""
    wanted = torch.is_grad_enabled() and theta.requires_grad
    if kernel == 'nearest' and wanted:
        raise ValueError(
            "GridSampler: kernel='nearest' gives theta a gradient of zero, so "
            'the localiser, and what it reads, would learn nothing; use '
            "kernel='linear', or freeze both"
        )

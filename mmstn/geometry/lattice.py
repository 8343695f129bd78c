"""The one coordinate frame of mmstn.

A size is ``(L,)``, ``(H, W)`` or ``(D, H, W)``, slowest axis first. A point is
``(x,)``, ``(x, y)`` or ``(x, y, z)``, fastest axis first. Both are PyTorch's
orders.
Along each axis -1 and +1 are the outer edges of the first and last cell, so a
coordinate keeps its meaning when the resolution changes. In pixels the centre
of the first cell is 0, as in OpenCV.
"""

import torch
from torch import Tensor

ALIGN_CORNERS = False


def axis(cells: int, like: Tensor) -> Tensor:
    """Return the cell centres along one axis, ``(cells,)``."""
    odd = torch.arange(
        1 - cells, cells, 2, dtype=like.dtype, device=like.device
    )
    return odd / cells


def lattice(size: tuple[int, ...], like: Tensor) -> Tensor:
    """Return the cell centres of a regular grid, ``(*size, n)``.

    Args:
        size: Cells along each axis: ``(L,)``, ``(H, W)`` or ``(D, H, W)``.
        like: A tensor whose dtype and device the result takes.
    """
    centres = [axis(cells, like) for cells in size]
    return torch.stack(torch.meshgrid(*centres, indexing='ij')[::-1], dim=-1)


def to_pixels(points: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return normalised ``points (..., n)`` in pixels of ``size``."""
    cells = points.new_tensor(size[::-1])
    return ((points + 1) * cells - 1) / 2


def to_normalised(points: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return ``points (..., n)`` in pixels of ``size``, normalised."""
    cells = points.new_tensor(size[::-1])
    return (2 * points + 1) / cells - 1

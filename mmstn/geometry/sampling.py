"""Sample a source at the points of a grid, along one, two or three axes."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mmstn.checks import is_finite_number
from mmstn.geometry.lattice import ALIGN_CORNERS

KERNELS = {'nearest': 'nearest', 'linear': 'bilinear', 'cubic': 'bicubic'}
PADDINGS = ('zeros', 'border', 'reflection')
FARTHEST = 1e6  # half sides of the source, from its centre


def sample(
    source: Tensor,
    grid: Tensor,
    kernel: str = 'linear',
    padding: str | Sequence[float] = 'zeros',
) -> Tensor:
    """Sample the source at each point of the grid, ``(B, C, *out)``.

    Source: Jaderberg et al. 2015, eq. 5. Reads in float32 (float64 for a
    float64 source), whatever autocast says; the result has the source's dtype.
    A sample whose grid is not finite at its first point is NaN throughout.

    Args:
        source: ``(B, C, *size)``, one to three axes in ``size``.
        grid: ``(B, *out, n)``, in the frame of :mod:`mmstn.geometry.lattice`.
        kernel: ``'nearest'``, ``'linear'``, or, not in 3D, ``'cubic'``.
        padding: What is read outside the source: ``'zeros'``, ``'border'``,
            ``'reflection'``, or one number per channel.

    Raises:
        ValueError: If the arguments do not fit each other.
    """
    check(source, grid, kernel, padding)
    output = sample_zero_padded(source, grid, kernel, padding)
    term = padding_and_nan_term(grid, padding, output)
    if not is_zero_on_cpu(term):
        output = output.add_(term)
    return output.to(source.dtype)


def sample_each(
    source: Tensor,
    grids: Tensor,
    kernel: str = 'linear',
    padding: str | Sequence[float] = 'zeros',
) -> Tensor:
    """Sample each source at ``N`` grids, ``(B, N, C, *out)``.

    As :func:`sample` at each grid, but in one read: the grids are stacked
    along the first output axis, so no source is copied ``N`` times.

    Args:
        source: ``(B, C, *size)``.
        grids: ``(B, N, *out, n)``.
        kernel: As for :func:`sample`.
        padding: As for :func:`sample`.

    Raises:
        ValueError: If the arguments do not fit each other.
    """
    if grids.ndim != source.ndim + 1 or grids.shape[1] == 0:
        raise ValueError(
            f'sample_each: a source of shape {tuple(source.shape)} needs '
            'grids (B, N, *out, n), N from 1 on, but got '
            f'{tuple(grids.shape)}'
        )
    check(source, grids[:, 0], kernel, padding)
    # the planes of x and y stay apart in memory where the grids are copied
    last = grids.ndim - 1
    stacked = grids.movedim(last, 1).flatten(2, 3).movedim(1, last - 1)
    output = sample_zero_padded(source, stacked, kernel, padding)
    output = output.unflatten(2, grids.shape[1:3]).movedim(2, 1)
    term = padding_and_nan_term(grids, padding, output)
    if not is_zero_on_cpu(term):
        # not in place: autograd would copy everything for a change of a view
        output = output + term
    return output.to(source.dtype)


def sample_zero_padded(
    source: Tensor,
    grid: Tensor,
    kernel: str,
    padding: str | Sequence[float],
) -> Tensor:
    """Sample with zero padding, ``(B, C, *out)``.

    Values per channel are subtracted before; :func:`padding_and_nan_term`
    adds them again.
    """
    values = source.to(torch.promote_types(source.dtype, torch.float32))
    if not isinstance(padding, str):
        colour = per_channel(padding, grid.shape[-1], values)
        values, padding = values - colour, 'zeros'
    grid = grid.to(values.dtype)
    if padding != 'zeros' and not is_bounded(grid):
        grid = grid.clamp(-FARTHEST, FARTHEST).nan_to_num()
    if grid.shape[-1] == 1:  # torch reads pictures: a series is one row
        values, grid = values.unsqueeze(2), F.pad(grid, (0, 1)).unsqueeze(1)
    with torch.autocast(source.device.type, enabled=False):
        output = F.grid_sample(
            values, grid, KERNELS[kernel], padding, ALIGN_CORNERS
        )
    return output.squeeze(2) if source.ndim == 3 else output


def is_bounded(grid: Tensor) -> bool:
    """Return whether a grid is safe to sample with border or reflection.

    On a CPU, its backward pass may leave its memory where a point is NaN or
    infinite: https://github.com/pytorch/pytorch/issues/24823.
    """
    if grid.device.type != 'cpu' or grid.numel() == 0:
        return True
    low, high = grid.detach().aminmax()
    return is_concretely_true((low > -FARTHEST) & (high < FARTHEST))


def padding_and_nan_term(
    grids: Tensor, padding: str | Sequence[float], output: Tensor
) -> Tensor:
    """Return the term to add to samples, ``(B, [N,] 1 or C, 1...)``.

    It holds the padding value of each channel; and NaN where a grid is NaN,
    as torch returns a finite value there, a different one in each case.
    """
    axes = grids.shape[-1]
    first = grids.detach()
    for _ in range(axes):
        first = first[..., 0, :]  # at last (B, [N,] n)
    total = (first * 0).sum(-1).to(output.dtype)
    total = total[(..., *[None] * (axes + 1))]
    if not isinstance(padding, str):
        total = total + per_channel(padding, axes, output)
    return total


def is_zero_on_cpu(term: Tensor) -> bool:
    """Return True if the term is all zeros and on the CPU.

    Looking at a GPU's values would force a synchronisation, so False there.
    """
    return term.device.type == 'cpu' and is_concretely_true(~term.any())


def is_concretely_true(condition: Tensor) -> bool:
    """Return True if a condition holds and its value can be looked at.

    Under ``torch.compile`` and ``vmap`` it cannot; then False.
    """
    if torch.compiler.is_compiling():
        return False
    try:
        return bool(condition)
    except RuntimeError:  # under vmap
        return False


def per_channel(values: Sequence[float], axes: int, like: Tensor) -> Tensor:
    """Return one value per channel, ``(C, 1...)``, to broadcast over axes."""
    numbers = torch.as_tensor(values, dtype=like.dtype, device=like.device)
    return numbers.view(-1, *[1] * axes)


def check(
    source: Tensor,
    grid: Tensor,
    kernel: str,
    padding: str | Sequence[float],
) -> None:
    """Raise a ValueError unless ``sample`` can read ``source`` at ``grid``."""
    check_kernel(kernel)
    check_padding(padding)
    if source.ndim not in (3, 4, 5) or not source.is_floating_point():
        raise ValueError(
            'sample: source must be a floating-point (B, C, L), (B, C, H, W) '
            f'or (B, C, D, H, W), but got {source.dtype} '
            f'{tuple(source.shape)}'
        )
    axes = source.ndim - 2
    if grid.ndim != source.ndim or grid.shape[-1] != axes:
        raise ValueError(
            f'sample: a source of shape {tuple(source.shape)} has {axes} '
            f'axes and needs a grid (B, *out, {axes}), but got '
            f'{tuple(grid.shape)}; give the grid generator an output size '
            f'with {axes} numbers'
        )
    if grid.shape[0] != source.shape[0]:
        raise ValueError(
            f'sample: {len(source)} sources but {len(grid)} grids; they must '
            'be as many'
        )
    if kernel == 'cubic' and axes == 3:
        raise ValueError(
            "sample: kernel='cubic' reads no volumes, but got a source "
            f"of shape {tuple(source.shape)}; use 'linear'"
        )
    if not isinstance(padding, str) and len(padding) != source.shape[1]:
        raise ValueError(
            f'sample: padding has {len(padding)} numbers for a source of '
            f'{source.shape[1]} channels; give one per channel'
        )


def check_kernel(kernel: str) -> None:
    """Raise a ValueError unless ``kernel`` is known."""
    if kernel not in KERNELS:
        raise ValueError(
            f'sample: kernel must be one of {", ".join(KERNELS)}, but got '
            f'{kernel!r}'
        )


def check_padding(padding: str | Sequence[float]) -> None:
    """Raise a ValueError unless ``padding`` is a known name or numbers."""
    if isinstance(padding, str):
        known = padding in PADDINGS
    else:
        known = isinstance(padding, Sequence) and all(
            map(is_finite_number, padding)
        )
    if not known or len(padding) == 0:
        raise ValueError(
            f'sample: padding must be one of {", ".join(PADDINGS)}, or one '
            f'number per channel, but got {padding!r}'
        )

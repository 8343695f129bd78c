"""The border of the attended region in source pixels."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmstn.geometry.lattice import to_pixels


def frame_perimeter(per_side: int, like: Tensor) -> Tensor:
    """Return points around the output frame, ``(4 * per_side, 2)``.

    The points are evenly spaced on the outer edges of the output, not on the
    centres of its cells. They start at the corner (-1, -1), along x.

    Args:
        per_side: Points on each side; 1 gives the four corners.
        like: A tensor whose dtype and device the result takes.
    """
    steps = torch.arange(per_side, dtype=like.dtype, device=like.device)
    along = 2 * steps / per_side - 1  # -1 included, +1 not
    side = torch.stack([along, torch.full_like(along, -1)], dim=-1)
    sides = [side]
    for _ in range(3):  # turn by a right angle
        side = torch.stack([-side[:, 1], side[:, 0]], dim=-1)
        sides.append(side)
    return torch.cat(sides)


def interval_ends(like: Tensor) -> Tensor:
    """Return the two ends of an output along one axis, ``(2, 1)``."""
    return like.new_tensor([[-1.0], [1.0]])


def box_edges(per_side: int, like: Tensor) -> Tensor:
    """Return points along the edges of the output, ``(12, per_side + 1, 3)``.

    The output is a volume; its outer edges are taken, as by
    :func:`frame_perimeter`. The first starts at the corner (-1, -1, -1).

    Args:
        per_side: Pieces of each edge; 1 gives its two ends.
        like: A tensor whose dtype and device the result takes.
    """
    along = torch.linspace(
        -1, 1, per_side + 1, dtype=like.dtype, device=like.device
    )
    ends = along[[0, -1]]
    lines = torch.cartesian_prod(ends, ends, along).view(4, -1, 3)
    return torch.cat([lines.roll(turn, -1) for turn in (1, 2, 0)])


def outline(
    read: Callable[[Tensor], Tensor],
    size: tuple[int, ...],
    per_side: int,
    like: Tensor,
) -> Tensor:
    """Return the border of the attended region, in source pixels.

    Args:
        read: Maps output points ``(P, n)`` to source points ``(B, P, n)``,
            such as ``partial(family.map_points, theta)``.
        size: ``(H, W)`` of the source, or ``(L,)``.
        per_side: Points on each side; a straight family needs 1.
        like: A tensor whose dtype and device the points take.

    Returns:
        ``(B, 4 * per_side, 2)``; an identity gives the outer corners, half a
        pixel outside the centres of the corner pixels. On one axis the two
        ends of an interval, ``(B, 2, 1)``.
    """
    if len(size) == 1:
        return to_pixels(read(interval_ends(like)), size)
    return to_pixels(read(frame_perimeter(per_side, like)), size)


def box_corners(box: Tensor) -> Tensor:
    """Return the corners of boxes ``(..., 4)``, ``(..., 4, 2)``, clockwise."""
    left, top, right, bottom = box.unbind(-1)
    x = torch.stack([left, right, right, left], dim=-1)
    y = torch.stack([top, top, bottom, bottom], dim=-1)
    return torch.stack([x, y], dim=-1)

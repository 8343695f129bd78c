"""The border of the attended region in source pixels, and what it holds."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmstn.geometry.lattice import to_pixels


def border(per_side: int, like: Tensor) -> Tensor:
    """Return points around the output frame, ``(4 * per_side, 2)``.

    Evenly spread over the outer edges of the output, not over the centres of
    its cells; they start at the corner (-1, -1) and first run along x.

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


def edges(per_side: int, like: Tensor) -> Tensor:
    """Return points along the edges of a box, ``(12, per_side + 1, 3)``.

    Of the outer edges of the output, as for :func:`border`; the first starts
    at the corner (-1, -1, -1).

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
    size: tuple[int, int],
    per_side: int,
    like: Tensor,
) -> Tensor:
    """Return the border of what is read, in source pixels.

    Args:
        read: Maps output points ``(P, 2)`` to source points ``(B, P, 2)``,
            such as ``partial(grid.points, theta)``.
        size: ``(H, W)`` of the source.
        per_side: Points on each side; a straight family needs 1.
        like: A tensor whose dtype and device the points take.

    Returns:
        ``(B, 4 * per_side, 2)``; an identity gives the outer corners, half a
        pixel outside the centres of the corner pixels.
    """
    return to_pixels(read(border(per_side, like)), size)


def holds(polygon: Tensor, points: Tensor) -> Tensor:
    """Return which points each polygon holds, bool ``(B, K)``.

    Those it winds around, either way and however often. So a transformer
    reads all that its outline holds, even where the outline crosses itself.
    Of a box, the upper and the left side are held, the others are not.

    Args:
        polygon: ``(B, P, 2)``, such as an :func:`outline`. One with a point
            that is not finite holds nothing.
        points: ``(B, K, 2)``.
    """
    start = polygon.unsqueeze(1)  # (B, 1, P, 2)
    end = start.roll(-1, 2)
    point = points.unsqueeze(2)  # (B, K, 1, 2)
    side, way = end - start, point - start
    turn = side[..., 0] * way[..., 1] - side[..., 1] * way[..., 0]
    began, ends = start[..., 1] <= point[..., 1], end[..., 1] <= point[..., 1]
    down = began & ~ends & (turn > 0)  # y points down
    up = ~began & ends & (turn < 0)
    finite = polygon.isfinite().all(-1).all(-1, keepdim=True)  # (B, 1)
    return (down.sum(-1) != up.sum(-1)) & finite


def signed_area(polygon: Tensor) -> Tensor:
    """Return the areas of polygons ``(B, P, 2)``, ``(B,)``.

    Positive for one that runs from +x to +y, as :func:`border` does; that of
    a mirrored crop is negative. Where a polygon crosses itself, what it winds
    around twice counts twice, and what it winds around the other way is
    taken off.
    """
    x, y = (polygon - polygon[:, :1]).unbind(-1)
    return (x * y.roll(-1, 1) - y * x.roll(-1, 1)).sum(1) / 2


def clip(polygon: Tensor, box: Tensor) -> Tensor:
    """Return the part of each polygon within its box, ``(B, 4 * P, 2)``.

    A point outside goes to the nearest one of the box. Parts of a polygon
    that is not convex hang together by lines on the border of the box.

    Args:
        polygon: ``(B, P, 2)``.
        box: ``(B, 4)``: left, top, right, bottom.
    """
    low, high = box[:, None, :2], box[:, None, 2:]  # (B, 1, 2)
    side = polygon.roll(-1, 1) - polygon
    # where each side crosses the four lines of the box, as a share of it
    lines = torch.cat([low - polygon, high - polygon], dim=-1)
    crossed = (lines / side.repeat(1, 1, 2)).nan_to_num(0).clamp(0, 1)
    crossed = crossed.sort(-1).values.unsqueeze(-1)  # (B, P, 4, 1)
    points = polygon.unsqueeze(2) + crossed * side.unsqueeze(2)
    return points.flatten(1, 2).clamp(low, high)


def box_iou(polygon: Tensor, box: Tensor) -> Tensor:
    """Return the intersection over union of polygons and boxes, ``(B,)``.

    Exact for a polygon that does not cross itself, convex or not. For one
    that does it follows :func:`signed_area`, kept between 0 and 1.

    Args:
        polygon: ``(B, P, 2)``. One with a point that is not finite gives 0.
        box: ``(B, 4)``: left, top, right, bottom.
    """
    area, within = signed_area(polygon), signed_area(clip(polygon, box))
    of_box = (box[:, 2:] - box[:, :2]).prod(1)
    within = (within * area.sign()).minimum(area.abs()).minimum(of_box)
    iou = within / (area.abs() + of_box - within)
    return torch.where(within > 0, iou, 0)  # NaN is not above 0

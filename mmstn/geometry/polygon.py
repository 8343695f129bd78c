"""Points inside polygons, areas and intersection over union, in any unit."""

import torch
from torch import Tensor


def contains(polygon: Tensor, points: Tensor) -> Tensor:
    """Return whether each polygon contains each point, bool ``(B, K)``.

    Source: Sunday 2001, "Inclusion of a point in a polygon": the winding
    number, of either sign, is not 0. So a transformer reads all that its
    outline contains, even where the outline crosses itself. A box contains
    its upper and its left side, not the other two.

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
    """Return the signed areas of polygons ``(B, P, 2)``, ``(B,)``.

    Source: the shoelace formula. The area is positive if the polygon runs
    from +x to +y, as ``frame_perimeter`` does, and negative for a mirrored
    crop. Where a polygon crosses itself, a part counts as often as the
    polygon winds around it, negatively if it does so the other way.
    """
    x, y = (polygon - polygon[:, :1]).unbind(-1)
    return (x * y.roll(-1, 1) - y * x.roll(-1, 1)).sum(1) / 2


def clip(polygon: Tensor, box: Tensor) -> Tensor:
    """Clip each polygon to its box, ``(B, 4 * P, 2)``.

    Source: Liang and Barsky 1984 for where a side meets the box. Points
    outside go to the nearest point of the box, so the parts of a polygon that
    is not convex stay connected by lines on the border of the box.

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


def polygon_box_iou(polygon: Tensor, box: Tensor) -> Tensor:
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

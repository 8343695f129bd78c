"""Projective maps (homographies) from output to source, 2D."""

import torch
from torch import Tensor

from mmstn.geometry.affine import affine_planes, apply_affine

DEPTH_THRESHOLD = 1e-3  # the output's centre has depth 1
OUTSIDE = 8.0  # in half sides of the source


def projective_matrix(theta: Tensor) -> Tensor:
    """Return the homography whose last entry is 1, ``(B, 3, 3)``.

    Args:
        theta: ``(B, 8)``, row by row. ``[1, 0, 0, 0, 1, 0, 0, 0]`` is the
            identity; the last two tilt the view about the y and x axis.
    """
    last = torch.ones_like(theta[:, :1])
    return torch.cat([theta, last], dim=1).unflatten(1, (3, 3))


def apply_projective(matrix: Tensor, points: Tensor) -> Tensor:
    """Map ``points ([B,] P, 2)`` by ``matrix (B, 3, 3)`` to ``(B, P, 2)``.

    A point behind the camera is read nowhere: NaN.
    """
    homogeneous = apply_affine(matrix, points).movedim(-1, 1)
    return divide(homogeneous, behind=torch.nan).movedim(1, -1)


def affine_at_centre(matrix: Tensor) -> Tensor:
    """Return the affine map nearest to a homography around (0, 0).

    Args:
        matrix: ``(B, 3, 3)``, its last entry 1.

    Returns:
        ``(B, 2, 3)``: its value at the centre, and its slopes there.
    """
    linear, shift = matrix[:, :2, :2], matrix[:, :2, 2:]
    return torch.cat([linear - shift * matrix[:, 2:, :2], shift], dim=-1)


def compose_projective(outer: Tensor, inner: Tensor) -> Tensor:
    """Return the homography that maps by ``inner``, then by ``outer``.

    Both are ``(B, 3, 3)``; the last entry of the result is 1. So ``outer``
    must not send the centre of ``inner`` to infinity; where it sends it behind
    the camera, the result has it in front.
    """
    product = (outer.unsqueeze(-1) * inner.unsqueeze(1)).sum(2)  # no matmul
    return product / product[:, 2:, 2:]


def projective_grid(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """Return where each output cell reads, ``(B, *size, 2)``."""
    return divide(affine_planes(matrix, size)).movedim(1, -1)


def divide(homogeneous: Tensor, behind: float = OUTSIDE) -> Tensor:
    """Return ``(B, 2, ...)`` from homogeneous ``(B, 3, ...)``.

    A point nearer to the camera than ``DEPTH_THRESHOLD``, or behind it, gets
    no gradient.

    Args:
        homogeneous: Two planes and the depth.
        behind: Both coordinates of such a point; by default it is beyond
            every source.
    """
    planes, depth = homogeneous.split([2, 1], dim=1)
    is_behind = depth <= DEPTH_THRESHOLD
    points = planes / depth.masked_fill(is_behind, 1)
    return points.masked_fill(is_behind, behind)


def homography_from_corners(output: Tensor, source: Tensor) -> Tensor:
    """Return the homography that sends four points to four, ``(B, 3, 3)``.

    Its last entry is 1, so the centre of the output must not be sent to
    infinity; nor may three of the points be on one line.

    Args:
        output: ``(B, 4, 2)``, in any order.
        source: ``(B, 4, 2)``, where each of them reads.
    """
    output, source = torch.broadcast_tensors(output, source)
    x, y = output.unsqueeze(2).unbind(-1)  # (B, 4, 1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    row = torch.cat([x, y, one], dim=-1)
    none = torch.cat([zero, zero, zero], dim=-1)
    # u = (a x + b y + c) / (g x + h y + 1), likewise v, times the divisor
    tilt = -source.unsqueeze(-1) * output.unsqueeze(2)  # (B, 4, 2, 2)
    of_u = torch.cat([row, none, tilt[:, :, 0]], dim=-1)
    of_v = torch.cat([none, row, tilt[:, :, 1]], dim=-1)
    system = torch.cat([of_u, of_v], dim=1)  # (B, 8, 8)
    known = torch.cat([source[..., 0], source[..., 1]], dim=1)
    return projective_matrix(torch.linalg.solve(system, known))

"""Projective maps (homographies) from output to source, 2D."""

import torch
from torch import Tensor

from mmstn.geometry.affine import affine_planes, apply_affine

NEAR = 1e-3
OUTSIDE = 8.0


def projective_matrix(theta: Tensor) -> Tensor:
    """Return the homography whose last entry is 1, ``(B, 3, 3)``.

    Args:
        theta: ``(B, 8)``, row by row. ``[1, 0, 0, 0, 1, 0, 0, 0]`` is the
            identity; the last two tilt the view about the y and x axis.
    """
    last = torch.ones_like(theta[:, :1])
    return torch.cat([theta, last], dim=1).unflatten(1, (3, 3))


def apply_projective(matrix: Tensor, points: Tensor) -> Tensor:
    """Map ``points (P, 2)`` by ``matrix (B, 3, 3)`` to ``(B, P, 2)``."""
    return divide(apply_affine(matrix, points).movedim(-1, 1)).movedim(1, -1)


def projective_grid(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """Return where each output cell reads, ``(B, *size, 2)``."""
    return divide(affine_planes(matrix, size)).movedim(1, -1)


def divide(homogeneous: Tensor) -> Tensor:
    """Return ``(B, 2, ...)`` from homogeneous ``(B, 3, ...)``.

    A point nearer to the camera than ``NEAR``, or behind it, goes to
    ``OUTSIDE``, beyond every source, and hands back no gradient.
    """
    planes, depth = homogeneous[:, :2], homogeneous[:, 2:]
    behind = depth <= NEAR
    points = planes / depth.masked_fill(behind, 1)
    return points.masked_fill(behind, OUTSIDE)

"""Digits in perspective: P of Jaderberg et al. 2015, the corner noise of Lin
and Lucey 2017, and the projective digits of Tai et al. 2019.

Functions as in :mod:`mmstn.datasets.digits.distortion`.
"""

from math import log, pi

import torch
from torch import Tensor

from mmstn.datasets.digits.draws import to_normal, to_range
from mmstn.datasets.digits.mnist import DIGIT_SIDE
from mmstn.geometry.projective import homography_from_corners, projective_grid
from mmstn.geometry.tps import control_lattice


def projected(draws: Tensor, canvas: int) -> Tensor:
    """Return the grid of P: a scaled digit, then the canvas's corners move.

    Where four corners form no convex outline, and no homography keeps the
    canvas whole, they move by half.
    """
    scale = to_range(draws[:, 0], 0.75, 1).view(-1, 1, 1)
    corners = control_lattice(2, 2)  # (4, 2)
    moves = to_normal(draws[:, 1:]).unflatten(1, (4, 2)) * (5 / (canvas / 2))
    moved = move_convexly(corners, moves)
    scaled = corners * (canvas / DIGIT_SIDE / scale)
    matrix = homography_from_corners(moved, scaled)
    return projective_grid(matrix.float(), (canvas, canvas))


def corner_noise(draws: Tensor, canvas: int) -> Tensor:
    """Return the grid of Lin and Lucey 2017: the corners of what is read move.

    Those of the 28x28 pixels in the middle, each by normal numbers with a
    deviation of .25 along each axis, and all together by as much again; 1 is
    half the way between the centres of the outermost pixels. Corners that are
    not convex move by half. A larger canvas shows what lies around them.
    """
    unit = (DIGIT_SIDE - 1) / DIGIT_SIDE
    corners = control_lattice(2, 2) * unit  # (4, 2)
    moves = to_normal(draws).unflatten(1, (5, 2))
    moves = (moves[:, :4] + moves[:, 4:]) * (0.25 * unit)
    shown = corners * (DIGIT_SIDE / canvas)
    matrix = homography_from_corners(shown, move_convexly(corners, moves))
    return projective_grid(matrix.float(), (canvas, canvas))


def tilted(draws: Tensor, canvas: int) -> Tensor:
    """Return the grid of Tai et al. 2019: a perspective view of the digit.

    The digit is scaled, by up to 2 and with another aspect, sheared along x,
    turned by any angle, and tilted so that no point of it is at infinity.
    """
    first, second = to_range(draws[:, :2, None], -1, 1).unbind(1)  # (B, 1)
    tilt = 0.8 * torch.stack([first, second * (1 - first.abs())], dim=2)
    scale = to_range(draws[:, 2], 0, log(2)).exp()
    aspect = to_range(draws[:, 3], -log(1.5), log(1.5)).exp()
    angle = to_range(draws[:, 4], -pi, pi)
    shear = to_range(draws[:, 5], -1.5, 1.5)
    along_x = torch.stack([angle.cos(), angle.sin()], dim=1)
    across = torch.stack([-angle.sin(), angle.cos()], dim=1)
    along_y = across + shear[:, None] * along_x
    sides = torch.stack([scale * aspect, scale / aspect], dim=1)
    there = torch.stack([along_x, along_y], dim=2) * sides.unsqueeze(1)
    back = torch.linalg.inv(there * (DIGIT_SIDE / canvas))  # (B, 2, 2)
    planes = torch.cat([back, -tilt @ back], dim=1)  # (B, 3, 2)
    rest = planes.new_tensor([[0], [0], [1]]).expand(len(planes), 3, 1)
    matrix = torch.cat([planes, rest], dim=2)
    return projective_grid(matrix.float(), (canvas, canvas))


def move_convexly(corners: Tensor, moves: Tensor) -> Tensor:
    """Return moved corners, ``(B, 4, 2)``; by half if not convex.

    Args:
        corners: ``(4, 2)``, row by row.
        moves: ``(B, 4, 2)``.
    """
    convex = is_convex(corners + moves).view(-1, 1, 1)
    return corners + torch.where(convex, moves, moves / 2)


def is_convex(corners: Tensor) -> Tensor:
    """Return which of ``corners (B, 4, 2)``, row by row, are convex, ``(B,)``.

    A mirrored or crossed outline is not.
    """
    around = corners[:, [0, 1, 3, 2]]
    edge = around.roll(-1, 1) - around
    after = edge.roll(-1, 1)
    turn = edge[..., 0] * after[..., 1] - edge[..., 1] * after[..., 0]
    return (turn > 0).all(1)

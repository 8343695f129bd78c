"""Distorted digits: those of Jaderberg et al. 2015, section 4.1 and A.4, of
Lin and Lucey 2017, of Tai et al. 2019, and digits warped in time.

Every function is pure: what is random comes in as ``draws``, uniform numbers
in [0, 1), one row a sample. A grid says where each cell of the canvas reads
in the digit's own image of 28x28 pixels, so a digit of scale 1 keeps its size
in pixels on any canvas, and a scale of 1.2 makes it larger. The functions
count in float64, so that a sample is the same in every batch.

The paper leaves open what follows; the choices are ours. R stays in 28x28; P
and E have a canvas of 42x42, as RTS has. P moves the corners of the canvas:
those of the digit's frame, moved by as much, make a set on which the paper's
own baselines cannot have had the errors it reports. E moves the control
points of the digit's frame, and what they read. The clutter of TC is added and
clipped at white. The corner noise of Lin and Lucey and the projective digits
of Tai et al. are those of their code, but read linearly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import log, pi

import torch
from torch import Tensor

from mmstn.geometry.affine import (
    affine_grid,
    attention_matrix,
    similarity_matrix,
)
from mmstn.geometry.lattice import axis, lattice
from mmstn.geometry.projective import homography_from_corners, projective_grid
from mmstn.geometry.sampling import sample
from mmstn.geometry.tps import apply_basis, control_lattice, tps_basis

DIGIT_SIDE = 28
PATCH_SIDE = 6
NUM_PATCHES = 6


def to_range(draws: Tensor, low: float, high: float) -> Tensor:
    """Map uniform draws from [0, 1) to [low, high), uniformly."""
    return low + (high - low) * draws


def to_int(draws: Tensor, count: int) -> Tensor:
    """Map uniform draws to integers in [0, count), uniformly."""
    return (draws * count).long()


def to_normal(draws: Tensor) -> Tensor:
    """Map uniform draws to standard normal numbers."""
    return torch.special.ndtri(draws.double().clamp(min=1e-16))


def placed_grid(
    scale: Tensor, angle: Tensor, shift: Tensor, canvas: int
) -> Tensor:
    """Return the grid that rotates, scales and translates the digit.

    Args:
        scale: ``(B,)``; 2 makes the digit twice as large.
        angle: ``(B,)``, in radians, clockwise on the screen.
        shift: ``(B, 2)``, the digit's centre in pixels right of and below
            the centre of the canvas.
        canvas: Side of the canvas in pixels.
    """
    cos, sin = angle.cos(), angle.sin()
    x, y = shift.unbind(1)
    back = torch.stack([cos * x + sin * y, cos * y - sin * x], dim=1)  # (B, 2)
    back = back * (-2 / DIGIT_SIDE / scale[:, None])
    theta = torch.stack([canvas / DIGIT_SIDE / scale, -angle], dim=1)
    matrix = similarity_matrix(torch.cat([theta, back], dim=1))
    return affine_grid(matrix.float(), (canvas, canvas))


def rotated(draws: Tensor, canvas: int) -> Tensor:
    """Return the grid of R: rotations by up to 90 degrees either way."""
    angle = to_range(draws[:, 0], -pi / 2, pi / 2)
    shift = draws.new_zeros(len(draws), 2)
    return placed_grid(torch.ones_like(angle), angle, shift, canvas)


def rotated_scaled_translated(draws: Tensor, canvas: int) -> Tensor:
    """Return the grid of RTS.

    The turned and scaled frame stays on the canvas: what is too large for
    that along an axis is centred.
    """
    angle = to_range(draws[:, 0], -pi / 4, pi / 4)
    scale = to_range(draws[:, 1], 0.7, 1.2)
    side = DIGIT_SIDE * scale * (angle.cos() + angle.sin().abs())
    room = (canvas - side).clamp(min=0) / 2
    shift = to_range(draws[:, 2:], -1, 1) * room[:, None]
    return placed_grid(scale, angle, shift, canvas)


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

    Each by normal numbers with a deviation of .25 along each axis, and all
    together by as much again; 1 is half the way between the centres of the
    outermost pixels. Corners that are not convex move by half.
    """
    corners = control_lattice(2, 2) * ((canvas - 1) / canvas)  # (4, 2)
    moves = to_normal(draws).unflatten(1, (5, 2))
    moves = (moves[:, :4] + moves[:, 4:]) * (0.25 * (canvas - 1) / canvas)
    read = move_convexly(corners, moves) * (canvas / DIGIT_SIDE)
    matrix = homography_from_corners(corners, read)
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


def warped_in_time(draws: Tensor, canvas: int) -> Tensor:
    """Return the grid of a digit whose rows follow one another in time.

    They last half as long as the digit is high, or up to all of it, start
    anywhere, and pass smoothly slower here and faster there: by a factor from
    0.1 to 1.9, and by 1 on the mean.
    """
    share = to_range(draws[:, :1], 0.5, 1)
    room = canvas / DIGIT_SIDE - share
    shift = to_range(draws[:, 1:2], -1, 1) * room
    across = axis(canvas, draws) * (canvas / DIGIT_SIDE)
    time = (across - shift) / share  # (B, canvas), the digit from -1 to 1
    once, twice = to_range(draws[:, 2:, None], -0.45, 0.45).unbind(1)
    bent = once * (pi * time).sin() + twice * (2 * pi * time).sin() / 2
    down = time + bent / pi
    x, y = torch.broadcast_tensors(across, down.unsqueeze(2))
    return torch.stack([x, y], dim=-1).float()


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


def elastic(draws: Tensor, canvas: int) -> Tensor:
    """Return the grid of E: a spline of 4x4 displaced control points."""
    zoom = canvas / DIGIT_SIDE / to_range(draws[:, :1], 0.75, 1)  # (B, 1)
    moves = to_normal(draws[:, 1:]).unflatten(1, (-1, 2)) * (
        1.5 / (canvas / 2)
    )
    moved = apply_basis(
        elastic_basis(canvas), moves * zoom.unsqueeze(-1)
    ).float()
    theta = torch.cat([zoom, draws.new_zeros(len(draws), 2)], dim=1)
    grid = affine_grid(attention_matrix(theta).float(), (canvas, canvas))
    return grid + moved.unflatten(1, (canvas, canvas))


@lru_cache(maxsize=4)
def elastic_basis(canvas: int) -> Tensor:
    """Return how 4x4 points on the digit's frame move each canvas cell."""
    control = control_lattice(4, 4) * (DIGIT_SIDE / canvas)
    points = lattice((canvas, canvas), like=control).flatten(0, 1)
    return tps_basis(control, points)


def translated(draws: Tensor, canvas: int) -> Tensor:
    """Return the grid of TC before the clutter: shifts by whole pixels."""
    room = canvas - DIGIT_SIDE
    shift = to_int(draws[:, :2], room + 1) - room / 2
    one = torch.ones_like(draws[:, 0])
    return placed_grid(one, one * 0, shift, canvas)


def add_clutter(
    images: Tensor, digits: Tensor, indices: Tensor, draws: Tensor
) -> Tensor:
    """Add small patches of other digits, each anywhere, to ``images``.

    Args:
        images: ``(B, 1, canvas, canvas)``, floating point; changed in place.
        digits: ``(N, 28, 28)``, what the patches are cut from.
        indices: ``(B,)``, which of the digits each image shows.
        draws: ``(B, NUM_PATCHES * 5)``: digit, cut x, y, place x, y of each.
    """
    canvas = images.shape[-1]
    draws = draws.unflatten(1, (NUM_PATCHES, 5))
    others = to_int(draws[..., 0], len(digits) - 1)  # (B, NUM_PATCHES)
    others = others + (others >= indices[:, None])
    steps = torch.arange(PATCH_SIDE)
    cut = to_int(draws[..., 1:3, None], DIGIT_SIDE - PATCH_SIDE + 1) + steps
    corner = to_int(draws[..., 3:5, None], canvas - PATCH_SIDE + 1) + steps
    patches = digits[
        others[..., None, None], cut[:, :, 1, :, None], cut[:, :, 0, None]
    ]  # (B, NUM_PATCHES, PATCH_SIDE, PATCH_SIDE)
    cells = corner[:, :, 1, :, None] * canvas + corner[:, :, 0, None]
    images.flatten(1).scatter_add_(
        1, cells.flatten(1), patches.flatten(1).to(images.dtype)
    )
    return images


@dataclass(frozen=True)
class Distortion:
    """The canvas, draws and grid of a distortion.

    Args:
        canvas: Side of its canvas, in pixels.
        num_draws: Uniform numbers drawn for each sample.
        grid: From ``draws`` and a canvas to where each cell reads.
        clutter: Whether the draws after the grid's two place patches.
    """

    canvas: int
    num_draws: int
    grid: Callable[[Tensor, int], Tensor]
    clutter: bool = False


DISTORTIONS = {
    'R': Distortion(28, 1, rotated),
    'RTS': Distortion(42, 4, rotated_scaled_translated),
    'P': Distortion(42, 1 + 4 * 2, projected),
    'E': Distortion(42, 1 + 16 * 2, elastic),
    'TC': Distortion(60, 2 + NUM_PATCHES * 5, translated, clutter=True),
    'corners': Distortion(28, 5 * 2, corner_noise),
    'projective': Distortion(64, 6, tilted),
    'time': Distortion(28, 4, warped_in_time),
}


def distort(
    name: str, digits: Tensor, indices: Tensor, draws: Tensor, canvas: int
) -> Tensor:
    """Return distorted digits, uint8 ``(B, 1, canvas, canvas)``.

    Args:
        name: A key of ``DISTORTIONS``.
        digits: All digits, uint8 ``(N, 28, 28)``.
        indices: ``(B,)``, which of them.
        draws: float64 ``(B, K)``, ``K`` as the distortion says.
        canvas: Side of the canvas in pixels.
    """
    distortion = DISTORTIONS[name]
    images = digits[indices].unsqueeze(1).float()
    images = sample(images, distortion.grid(draws, canvas))
    if distortion.clutter:
        images = add_clutter(images, digits, indices, draws[:, 2:])
    return images.round_().clamp_(0, 255).to(torch.uint8)

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
FCN can hardly have had the error it reports. E moves the control points of the
digit's frame, and what they read. The clutter of TC is added and clipped at
white. The corner noise of Lin and Lucey and the projective digits of Tai et
al. are those of their code, but read linearly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import pi

import torch
from torch import Tensor

from mmstn.datasets.digits.draws import to_int, to_normal, to_range
from mmstn.datasets.digits.mnist import DIGIT_SIDE
from mmstn.datasets.digits.paste import add_clutter
from mmstn.datasets.digits.perspective import corner_noise, projected, tilted
from mmstn.geometry.affine import (
    affine_grid,
    attention_matrix,
    similarity_matrix,
)
from mmstn.geometry.lattice import axis, lattice
from mmstn.geometry.outline import frame_perimeter
from mmstn.geometry.sampling import sample
from mmstn.geometry.tps import apply_basis, control_lattice, tps_basis

PATCH_SIDE = 6
NUM_PATCHES = 6


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


def placed_corners(
    scale: Tensor, angle: Tensor, shift: Tensor, canvas: int
) -> Tensor:
    """Return the corners of the placed digit's frame in pixels, ``(B, 4, 2)``.

    They go around clockwise, from the digit's upper left one on, which an
    upright digit of scale 1 on its own canvas has at (-0.5, -0.5).

    Args:
        scale, angle, shift, canvas: Of :func:`placed_grid`.
    """
    frame = frame_perimeter(1, shift) * (DIGIT_SIDE / 2)  # (4, 2)
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, sin, -sin, cos], dim=1).unflatten(1, (2, 2))
    corners = frame @ (turn * scale.view(-1, 1, 1)) + shift.unsqueeze(1)
    return corners + (canvas - 1) / 2


def centred(draws: Tensor, canvas: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the placement of a digit as it is, in the middle."""
    one = draws.new_ones(len(draws))
    return one, 0 * one, draws.new_zeros(len(draws), 2)


def rotated(draws: Tensor, canvas: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the placement of R: rotations by up to 90 degrees either way."""
    angle = to_range(draws[:, 0], -pi / 2, pi / 2)
    shift = draws.new_zeros(len(draws), 2)
    return torch.ones_like(angle), angle, shift


def rotated_scaled_translated(
    draws: Tensor, canvas: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the placement of RTS.

    The turned and scaled frame stays on the canvas: what is too large for
    that along an axis is centred.
    """
    angle = to_range(draws[:, 0], -pi / 4, pi / 4)
    scale = to_range(draws[:, 1], 0.7, 1.2)
    side = DIGIT_SIDE * scale * (angle.cos() + angle.sin().abs())
    room = (canvas - side).clamp(min=0) / 2
    shift = to_range(draws[:, 2:], -1, 1) * room[:, None]
    return scale, angle, shift


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


def translated(draws: Tensor, canvas: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the placement of TC: shifts by whole pixels."""
    room = canvas - DIGIT_SIDE
    shift = to_int(draws[:, :2], room + 1).to(draws) - room / 2
    one = torch.ones_like(draws[:, 0])
    return one, one * 0, shift


def shifted(draws: Tensor, canvas: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the placement of shifts by up to 12 whole pixels."""
    one = torch.ones_like(draws[:, 0])
    return one, one * 0, to_int(draws[:, :2], 25).to(draws) - 12


@dataclass(frozen=True)
class Distortion:
    """The canvas, draws and grid of a distortion.

    Args:
        canvas: Side of its canvas, in pixels.
        num_draws: Uniform numbers drawn for each sample.
        grid: From ``draws`` and a canvas to where each cell reads.
        placement: From the same to scale, angle and shift of the digit, as
            :func:`placed_grid` takes them; None if the grid does more.
        clutter: Whether the draws after the grid's two place patches.
    """

    canvas: int
    num_draws: int
    grid: Callable[[Tensor, int], Tensor]
    placement: Callable[[Tensor, int], tuple] | None = None
    clutter: bool = False


def placing(canvas: int, num_draws: int, placement: Callable, **kwargs):
    """Return the distortion that places digits and does nothing else."""

    def grid(draws: Tensor, canvas: int) -> Tensor:
        return placed_grid(*placement(draws, canvas), canvas)

    return Distortion(canvas, num_draws, grid, placement, **kwargs)


DISTORTIONS = {
    None: placing(28, 0, centred),
    'R': placing(28, 1, rotated),
    'RTS': placing(42, 4, rotated_scaled_translated),
    'P': Distortion(42, 1 + 4 * 2, projected),
    'E': Distortion(42, 1 + 16 * 2, elastic),
    'TC': placing(60, 2 + NUM_PATCHES * 5, translated, clutter=True),
    'shifts': placing(28, 2 + 2 * 5, shifted, clutter=True),
    'corners': Distortion(28, 5 * 2, corner_noise),
    'projective': Distortion(64, 6, tilted),
    'time': Distortion(28, 4, warped_in_time),
}


def distort(
    name: str, digits: Tensor, indices: Tensor, draws: Tensor, canvas: int
) -> Tensor:
    """Return distorted digits, uint8 ``(B, 1, canvas, canvas)``.

    Args:
        name: A key of ``DISTORTIONS``; None leaves the digits as they are.
        digits: All digits, uint8 ``(N, 28, 28)``.
        indices: ``(B,)``, which of them.
        draws: float64 ``(B, K)``, ``K`` as the distortion says.
        canvas: Side of the canvas in pixels.
    """
    distortion = DISTORTIONS[name]
    images = digits[indices].unsqueeze(1).float()
    images = sample(images, distortion.grid(draws, canvas))
    if distortion.clutter:
        images = add_clutter(images, digits, indices, draws[:, 2:], PATCH_SIDE)
    return images.round_().clamp_(0, 255).to(torch.uint8)

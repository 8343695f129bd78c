"""What the thetas of a batch amount to, in numbers and in words."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmstn.geometry.lattice import lattice
from mmstn.geometry.projective import affine_at_centre
from mmstn.models.transformer import ProjectiveGrid, TPSGrid, TranslationGrid

CELLS = 16  # along each axis, where a grid is looked at
MOST = 0.5  # of the samples
# Samples differ less than this, measured by how far all are from the start.
ALIKE = 1e-4
MOVED = 1e-2  # normalised; less is still the start


def parameters(grid: nn.Module, theta: Tensor) -> dict[str, Tensor]:
    """Return what a family's theta means, each ``(B,)``.

    ``scale`` is the edge of what is read over that of the source (the root of
    the area or volume), ``angle`` in degrees, ``x``, ``y`` and ``z`` the
    centre in normalised units; of a homography at its centre. A spline has
    the ``displacement`` of its control points from rest, in normalised units,
    a translation no scale and angle.

    Args:
        grid: The family.
        theta: ``(B, P)``, finite.
    """
    if isinstance(grid, TPSGrid):
        moved = theta.unflatten(1, (-1, 2)) - grid.control.to(theta)
        return {'displacement': moved.norm(dim=-1).mean(1)}
    matrix = affine_matrix(grid, theta)
    linear, shift = matrix[..., :-1], matrix[..., -1]
    centre = dict(zip('xyz', shift.unbind(1), strict=False))
    if isinstance(grid, TranslationGrid):
        return centre
    return {'scale': scale(linear), 'angle': angle(linear), **centre}


def affine_matrix(grid: nn.Module, theta: Tensor) -> Tensor:
    """Return the map around the centre of the output, ``(B, n, n + 1)``.

    That of a spline is the least squares fit to its control points.
    """
    if isinstance(grid, TPSGrid):
        control = grid.control.to(theta)
        rest = torch.cat([control, torch.ones_like(control[:, :1])], dim=1)
        return theta.unflatten(1, control.shape).mT @ torch.linalg.pinv(rest).T
    matrix = grid.matrix(theta)
    if isinstance(grid, ProjectiveGrid):
        return affine_at_centre(matrix)
    return matrix


def scale(linear: Tensor) -> Tensor:
    return torch.linalg.det(linear).abs() ** (1 / linear.shape[-1])


def angle(linear: Tensor) -> Tensor:
    """Return the angle in degrees, ``(B,)``.

    In 2D of the nearest rotation, from the x axis towards the y axis; in 3D
    about whatever axis, from 0 to 180.
    """
    skew = linear - linear.mT
    trace = linear.diagonal(dim1=1, dim2=2).sum(1)
    if linear.shape[-1] == 2:
        return torch.atan2(skew[:, 1, 0], trace).rad2deg()
    sine = torch.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], dim=1)
    return torch.atan2(sine.norm(dim=1), trace - scale(linear)).rad2deg()


def mean_and_spread(values: Tensor, turn: float | None) -> tuple[float, float]:
    """Return mean and standard deviation.

    Args:
        values: ``(B,)``.
        turn: Where numbers begin anew: 360 for an angle in degrees.
    """
    if turn is None:
        return values.mean().item(), values.std(correction=0).item()
    radians = values * (2 * torch.pi / turn)
    mean = torch.atan2(radians.sin().mean(), radians.cos().mean())
    apart = torch.remainder(radians - mean + torch.pi, 2 * torch.pi) - torch.pi
    whole = torch.stack([mean, apart.square().mean().sqrt()])
    return tuple((whole * (turn / (2 * torch.pi))).tolist())


def read_points(grid: nn.Module, theta: Tensor) -> Tensor:
    """Return where cells spread over the output read, ``(B, K, n)``."""
    size = [min(cells, CELLS) for cells in grid.size]
    return grid.points(theta, lattice(size, theta).flatten(0, -2))


def share_outside(points: Tensor) -> Tensor:
    """Return the share of ``points (B, K, n)`` off the source, ``(B,)``."""
    return (points.abs() > 1).any(-1).to(points.dtype).mean(1)


def symptoms(
    grid: nn.Module,
    theta: Tensor,
    start: Tensor,
    size: Sequence[int],
) -> dict[str, str]:
    """Return each way in which a transformer has collapsed, in words.

    Args:
        grid: The family.
        theta: ``(B, P)``, finite.
        start: ``(P,)``, given before training to every sample.
        size: Of the source.
    """
    points = read_points(grid, theta)
    cells = points.new_tensor(size[::-1])
    extent = (points.amax(1) - points.amin(1)) * cells / 2  # in pixels
    linear = affine_matrix(grid, theta)[..., :-1]
    moved = (theta.mean(0) - start).abs().max()
    spread = theta.std(0, correction=0).max()
    is_constant = len(theta) > 1 and moved > MOVED and spread < ALIKE * moved
    found = {'constant': 'gives every sample the same theta'}
    found = found if is_constant else {}
    for cause, has_it, words in (
        ('point', (extent < 1).all(1), 'reads less than one pixel'),
        ('outside', share_outside(points) == 1, 'reads outside its source'),
        ('flipped', torch.linalg.det(linear) < 0, 'mirrors its source'),
    ):
        share = has_it.to(theta.dtype).mean().item()
        if share > MOST:
            found[cause] = f'{words} in {share:.0%} of the samples'
    return found

"""Affine maps from output to source, and the grids they make.

Every matrix is ``(B, n, n + 1)`` and maps output points to source points, both
in the frame of :mod:`mmstn.geometry.lattice`.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mmstn.geometry.lattice import axis

FASTEST = 1e18  # radians; a float32 of more has a square that overflows


def translation_matrix(theta: Tensor, scale: float) -> Tensor:
    """Return the matrix that translates with a fixed scale.

    Source: Jaderberg et al. 2015, section 4.3 (birds, a scale of one half).

    Args:
        theta: ``(B, n)``, the centre ``(x[, y[, z]])`` of what is seen.
        scale: Share of the source seen along each axis; 0.5 sees half.
    """
    return attention_matrix(
        torch.cat([torch.full_like(theta[:, :1], scale), theta], dim=1)
    )


def attention_matrix(theta: Tensor) -> Tensor:
    """Return the matrix that crops, translates and isotropically scales.

    Source: Jaderberg et al. 2015, eq. 2.

    Args:
        theta: ``(B, 1 + n)``, one scale then ``n`` shifts ``(x[, y[, z]])``.
            ``[1, 0, ..., 0]`` is the identity; a scale of 0.5 sees half the
            source along each axis.
    """
    scale, shift = theta[:, :1], theta[:, 1:]
    eye = torch.eye(shift.shape[1], dtype=theta.dtype, device=theta.device)
    linear = scale.unsqueeze(2) * eye
    return torch.cat([linear, shift.unsqueeze(-1)], dim=-1)


def similarity_matrix(theta: Tensor) -> Tensor:
    """Return the matrix that scales isotropically, rotates and translates.

    Args:
        theta: In 2D ``(B, 4)``: scale, angle, ``x``, ``y``. In 3D ``(B, 7)``:
            scale, rotation vector ``(x, y, z)``, shift ``(x, y, z)``. Angles
            are in radians in the normalised frame, positive from the x axis
            towards the y axis; a rotation vector points along its axis and is
            as long as its angle (Rodrigues). ``[1, 0, ..., 0]`` is the
            identity.
    """
    shift = theta[:, -2:] if theta.shape[1] == 4 else theta[:, -3:]
    rotation = theta[:, 1:2] if theta.shape[1] == 4 else theta[:, 1:4]
    turn = _rotation_2d if theta.shape[1] == 4 else _rotation_3d
    linear = theta[:, :1, None] * turn(rotation)
    return torch.cat([linear, shift.unsqueeze(-1)], dim=-1)


def _rotation_2d(angle: Tensor) -> Tensor:
    cos, sin = angle.cos(), angle.sin()  # (B, 1)
    return torch.stack(
        [torch.cat([cos, -sin], 1), torch.cat([sin, cos], 1)], dim=1
    )


def _rotation_3d(vector: Tensor) -> Tensor:
    """Return Rodrigues' rotation, ``(B, 3, 3)``; smooth at zero."""
    # no angle is known to a turn up there; NaN and infinity become NaN
    vector = vector.clamp(-FASTEST, FASTEST) + 0 * vector
    x, y, z = vector.unbind(1)
    zero = torch.zeros_like(x)
    cross = torch.stack(
        [zero, -z, y, z, zero, -x, -y, x, zero], dim=1
    ).unflatten(1, (3, 3))
    # sin(a)/a and (1 - cos(a))/a^2 = (sin(a/2)/(a/2))^2 / 2, by torch.sinc;
    # the tiny constant keeps the gradient of the norm finite at zero.
    angle = (vector.square().sum(1) + 1e-24).sqrt()[:, None, None]
    first = torch.sinc(angle / math.pi)
    second = torch.sinc(angle / (2 * math.pi)).square() / 2
    identity = torch.eye(3, dtype=vector.dtype, device=vector.device)
    squared = (
        vector[:, :, None] * vector[:, None, :]
        - vector.square().sum(1)[:, None, None] * identity
    )
    return identity + first * cross + second * squared


def stretch_axes(matrix: Tensor, sides: Sequence[float]) -> Tensor:
    """Return the same map of a frame stretched to ``sides``; shifts stay.

    A rotation of a square frame becomes one of an oblong frame, in which
    lengths along each axis count as many times as its side is long.

    Args:
        matrix: ``(B, n, n + 1)``.
        sides: Along ``(x, y[, z])``.
    """
    if len(set(sides)) == 1:
        return matrix
    ratios = [[column / row for column in sides] for row in sides]
    linear = matrix[..., :-1] * matrix.new_tensor(ratios)
    return torch.cat([linear, matrix[..., -1:]], dim=-1)


def affine_matrix(theta: Tensor) -> Tensor:
    """Return the matrix whose rows are ``theta``, ``(B, n, n + 1)``.

    Args:
        theta: ``(B, 2)`` on one axis, ``(B, 6)`` in 2D, ``(B, 12)`` in 3D, row
            by row; the last entry of each row is the shift.
    """
    dimensions = {2: 1, 6: 2, 12: 3}[int(theta.shape[1])]
    return theta.unflatten(1, (dimensions, dimensions + 1))


def similarity_theta(matrix: Tensor) -> Tensor:
    """Return the parameters of a similarity: undoes ``similarity_matrix``.

    In 2D the scale is positive and the angle in (-pi, pi]; in 3D the scale
    has the sign of the determinant and the rotation is at most pi.
    """
    linear, shift = matrix[..., :-1], matrix[..., -1]
    if shift.shape[1] == 2:
        (a, b), (c, d) = linear.movedim(0, -1)
        scale, angle = torch.hypot(a + d, c - b) / 2, torch.atan2(c - b, a + d)
        return torch.cat([torch.stack([scale, angle], 1), shift], dim=1)
    scale = signed_scale(linear)
    rotation = linear / scale[:, None, None]
    vector = _rotation_vector(rotation)
    return torch.cat([scale.unsqueeze(1), vector, shift], dim=1)


def _rotation_vector(rotation: Tensor) -> Tensor:
    """Return the rotation vector of ``rotation (B, 3, 3)``; smooth at zero.

    By way of a quaternion ``(w, x, y, z)``. Each row of ``4 q q^T`` is a
    multiple of it; that of its largest entry is the safest.
    """
    diagonal = rotation.diagonal(dim1=1, dim2=2)
    trace = diagonal.sum(1, keepdim=True)
    skew, both = rotation - rotation.mT, rotation + rotation.mT
    axis = torch.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], dim=1)
    inner = both + torch.diag_embed((1 - trace).expand_as(diagonal))
    top = torch.cat([1 + trace, axis], dim=1).unsqueeze(1)
    outer = torch.cat([top, torch.cat([axis.unsqueeze(2), inner], 2)], dim=1)
    largest = outer.diagonal(dim1=1, dim2=2).argmax(1)
    row = outer[torch.arange(len(outer), device=outer.device), largest]
    row = row * torch.where(row[:, :1] < 0, -1, 1)
    sine = (row[:, 1:].square().sum(1, keepdim=True) + 1e-24).sqrt()
    return row[:, 1:] * (2 * torch.atan2(sine, row[:, :1]) / sine)


def compose_affine(outer: Tensor, inner: Tensor) -> Tensor:
    """Return the matrix that maps by ``inner``, then by ``outer``.

    All three are ``(B, n, n + 1)``. No matrix product, as in
    :func:`affine_planes`.
    """
    turned = (outer[:, :, :-1, None] * inner[:, None]).sum(2)
    return torch.cat(
        [turned[..., :-1], turned[..., -1:] + outer[..., -1:]], dim=-1
    )


def signed_scale(linear: Tensor) -> Tensor:
    """Return the isotropic scale of ``linear (B, n, n)``, ``(B,)``.

    The root of the area or volume of a unit cell; negative if mirrored.
    """
    determinant = torch.linalg.det(linear)
    root = determinant.abs() ** (1 / linear.shape[-1])
    return root * determinant.sign()


def rotation_angle(linear: Tensor) -> Tensor:
    """Return the angle of ``linear (B, n, n)`` in degrees, ``(B,)``.

    In 2D of the nearest rotation, from the x axis towards the y axis; in 3D
    about whatever axis, from 0 to 180.
    """
    skew = linear - linear.mT
    trace = linear.diagonal(dim1=1, dim2=2).sum(1)
    if linear.shape[-1] == 2:
        return torch.atan2(skew[:, 1, 0], trace).rad2deg()
    sine = torch.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], dim=1)
    scale = signed_scale(linear).abs()
    return torch.atan2(sine.norm(dim=1), trace - scale).rad2deg()


def apply_affine(matrix: Tensor, points: Tensor) -> Tensor:
    """Map ``points ([B,] P, n)`` by ``matrix (B, n, n + 1)``."""
    moved = matrix[:, None, :, :-1] * points.unsqueeze(-2)  # (B, P, n, n)
    return moved.sum(-1) + matrix[:, None, :, -1]


def affine_planes(matrix: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return the rows of ``matrix`` evaluated on a lattice, ``(B, m, *size)``.

    One term per axis, added from the slowest axis to the fastest, so that only
    the last sum has the full size. No matrix product: that would run in
    bfloat16 under autocast and in TF32 on GPUs.

    Args:
        matrix: ``(B, m, n + 1)``; ``m`` may differ from ``n``.
        size: Cells along each of the ``n`` axes, slowest first.
    """
    ones = [1] * len(size)
    *columns, total = matrix.unflatten(1, (-1, *ones)).unbind(-1)
    for position, cells in enumerate(size):
        shape = ones.copy()
        shape[position] = cells
        along = axis(cells, matrix).view(shape)
        total = total + columns[-1 - position] * along
    return total


def affine_grid(matrix: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return where each output cell reads, ``(B, *size, n)``.

    The planes of x and y stay apart in memory, as the sampler likes them.
    """
    return affine_planes(matrix, size).movedim(1, -1)

"""Thin plate splines: the smoothest map through given control points, 2D.

Source: Bookstein 1989; Jaderberg et al. 2015, section 3.2.
"""

import torch
from torch import Tensor

from mmstn.geometry.lattice import lattice


def control_lattice(rows: int, columns: int) -> Tensor:
    """Return ``rows * columns`` control points in float64, ``(K, 2)``.

    They are spread evenly over the whole frame, the outer ones on its edges.
    """
    y = torch.linspace(-1, 1, rows, dtype=torch.float64)
    x = torch.linspace(-1, 1, columns, dtype=torch.float64)
    y, x = torch.meshgrid(y, x, indexing='ij')
    return torch.stack([x, y], dim=-1).flatten(0, 1)


def radial(points: Tensor, control: Tensor) -> Tensor:
    """Return the kernel ``r^2 log r^2``, ``(P, K)``; 0 where ``r`` is 0."""
    squared = (points[:, None] - control[None]).square().sum(-1)
    least = torch.finfo(squared.dtype).tiny  # the slope is 0 there, not NaN
    return torch.xlogy(squared, squared.clamp(min=least))


def homogeneous(points: Tensor) -> Tensor:
    """Return ``(1, x, y)`` for each of ``points (P, 2)``, ``(P, 3)``."""
    return torch.cat([torch.ones_like(points[:, :1]), points], dim=1)


def tps_coefficients(control: Tensor) -> Tensor:
    """Return the weights and slopes of each control point, ``(K + 3, K)``.

    The spline that moves one control point by 1 and holds the others is a
    column. Solved in float64:

    ::

        [ radial   affine ] [ weights ]   [ targets ]
        [ affine^T    0   ] [ slopes  ] = [    0    ]

    Args:
        control: ``(K, 2)``, not all on one line.

    Raises:
        ValueError: If the control points are fewer than three, on one line, or
            not all different.
    """
    control = control.double()
    affine = homogeneous(control)
    system = torch.cat(
        [
            torch.cat([radial(control, control), affine], dim=1),
            torch.cat([affine.T, control.new_zeros(3, 3)], dim=1),
        ]
    )  # (K + 3, K + 3)
    if torch.linalg.matrix_rank(system) < len(system):
        raise ValueError(
            'tps_coefficients: control points must be at least three, all '
            f'different and not on one line, but got {control.tolist()}'
        )
    return torch.linalg.inv(system)[:, : len(control)]


def tps_basis(
    control: Tensor, points: Tensor, coefficients: Tensor | None = None
) -> Tensor:
    """Return how much each control point moves each of ``points``, ``(P, K)``.

    The spline that sends ``control`` to ``targets (B, K, 2)`` sends ``points``
    to ``basis @ targets``. Each row sums to one. In float64.

    Args:
        control: ``(K, 2)``, not all on one line.
        points: ``(P, 2)``, where the spline is wanted.
        coefficients: :func:`tps_coefficients` of ``control``, where known.
    """
    control, points = control.double(), points.double()
    if coefficients is None:
        coefficients = tps_coefficients(control)
    values = torch.cat([radial(points, control), homogeneous(points)], dim=1)
    return values @ coefficients


def apply_tps(
    targets: Tensor,
    control: Tensor,
    points: Tensor,
    coefficients: Tensor | None = None,
) -> Tensor:
    """Map ``points ([B,] P, 2)`` by the spline ``control -> targets``.

    Args:
        targets: ``(B, K, 2)``.
        control: ``(K, 2)``.
        points: ``(P, 2)``, or each sample's own, ``(B, P, 2)``.
        coefficients: :func:`tps_coefficients` of ``control``, where known.
    """
    basis = tps_basis(control, points.flatten(0, -2), coefficients)
    basis = basis.to(targets).unflatten(0, points.shape[:-1])  # ([B,] P, K)
    moved = apply_basis(basis, targets - control.to(targets))
    return points.to(targets) + moved


def tps_grid(
    basis: Tensor, control: Tensor, targets: Tensor, size: tuple[int, int]
) -> Tensor:
    """Return where each output cell reads, ``(B, *size, 2)``.

    Only the displacement goes through the basis: the identity is exact, and
    what a lower precision loses is small with the displacement.

    Args:
        basis: :func:`tps_basis` of ``lattice(size)``, ``(H * W, K)``.
        control: ``(K, 2)``, where the control points are in the output.
        targets: ``(B, K, 2)``, where they are in the source.
        size: ``(H, W)``.
    """
    moved = apply_basis(basis, targets - control)  # (B, H * W, 2)
    return lattice(size, like=targets) + moved.unflatten(1, size)


def apply_basis(basis: Tensor, displacement: Tensor) -> Tensor:
    """Return ``basis ([B,] P, K) @ (B, K, 2)``, planar in memory."""
    planes = displacement.transpose(1, 2)  # (B, 2, K)
    return (planes @ basis.transpose(-2, -1)).transpose(1, 2)

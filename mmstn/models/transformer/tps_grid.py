"""The family of thin plate splines."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mmstn.checks import is_size
from mmstn.geometry import tps
from mmstn.geometry.lattice import lattice
from mmstn.models.transformer.grid import GridGenerator
from mmstn.registry import MODELS


@MODELS.register_module()
class TPSGrid(GridGenerator):
    """A thin plate spline through control points: see
    :mod:`mmstn.geometry.tps`.

    theta is where the control points read in the source, ``x, y`` of each in
    turn, row by row.

    >>> mmstn.TPSGrid((28, 28)).num_params
    32

    Args:
        size: Output size, ``(H, W)``.
        control: Rows and columns of control points; the paper has 4 by 4.
    """

    DIMENSIONS = (2,)
    size: tuple[int, int]
    control: Tensor
    basis: Tensor

    def __init__(self, size: Sequence[int], control: Sequence[int] = (4, 4)):
        super().__init__(size)
        if not is_size(control) or len(control) != 2 or 1 in control:
            raise ValueError(
                'TPSGrid: control must be (rows, columns) of control points, '
                f'at least two of each, but got {control!r}'
            )
        points = tps.control_lattice(*control)  # (K, 2)
        cells = lattice(self.size, points).flatten(0, 1)
        # no buffer: it stays in float64, whatever the network goes to
        self.coefficients = tps.tps_coefficients(points)
        basis = tps.tps_basis(points, cells, self.coefficients)
        self._control = tuple(points.float().flatten().tolist())
        self.register_buffer('control', points.float(), persistent=False)
        self.register_buffer('basis', basis.float(), persistent=False)

    def window_theta(
        self, scale: float, centre: Sequence[float]
    ) -> tuple[float, ...]:
        return tuple(
            scale * number + centre[index % 2]
            for index, number in enumerate(self._control)
        )

    def make_grid(self, theta: Tensor) -> Tensor:
        basis, control = self.basis.to(theta.dtype), self.control.to(theta)
        targets = theta.unflatten(1, control.shape)
        return tps.tps_grid(basis, control, targets, self.size)

    def transform(self, theta: Tensor, points: Tensor) -> Tensor:
        targets = theta.unflatten(1, self.control.shape)
        coefficients = self.coefficients.to(points.device)
        return tps.apply_tps(targets, self.control, points, coefficients)

    def linearised(self, theta: Tensor) -> Tensor:
        """Return the least squares fit to the control points."""
        control = self.control.to(theta)
        rest = torch.cat([control, torch.ones_like(control[:, :1])], dim=1)
        return self.control_points(theta).mT @ torch.linalg.pinv(rest).T

    def describe(self, theta: Tensor) -> dict[str, Tensor]:
        """Return the mean ``displacement`` of the control points from rest."""
        moved = self.control_points(theta) - self.control.to(theta)
        return {'displacement': moved.norm(dim=-1).mean(1)}

    def control_points(self, theta: Tensor) -> Tensor:
        """Return where the control points read, ``(B, K, 2)``."""
        return self.validate_theta(theta).unflatten(1, self.control.shape)

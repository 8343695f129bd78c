"""Part 2 of the spatial transformer: from theta to where each cell reads."""

from collections.abc import Sequence
from functools import cached_property, partial

import torch
from mmpretrain.registry import MODELS as MMPRETRAIN_MODELS
from torch import Tensor, nn

from mmstn.checks import is_size
from mmstn.geometry.affine import rotation_angle, signed_scale
from mmstn.geometry.lattice import lattice
from mmstn.models.build import build
from mmstn.registry import MODELS

AXES = {1: '(L,)', 2: '(H, W)', 3: '(D, H, W)'}


class GridGenerator(nn.Module):
    """A family of maps from output points to source points.

    A new family overrides :meth:`window_theta` and :meth:`transform`; where
    more is known of it, also ``is_straight``, :meth:`make_grid`,
    :meth:`linearised`, :meth:`describe` and :meth:`control_points`.

    Args:
        size: Output size, ``(L,)``, ``(H, W)`` or ``(D, H, W)``; a family has
            the dimensions it names.
    """

    DIMENSIONS: tuple[int, ...] = (2, 3)
    is_straight = False  # whether straight lines stay straight

    def __init__(self, size: Sequence[int]):
        super().__init__()
        if not is_size(size) or len(size) not in self.DIMENSIONS:
            expected = ' or '.join(AXES[n] for n in self.DIMENSIONS)
            raise ValueError(
                f'{type(self).__name__}: size must be {expected} in whole '
                f'positive numbers, but got {size!r}'
            )
        self.size = tuple(map(int, size))

    def window_theta(
        self, scale: float, centre: Sequence[float]
    ) -> tuple[float, ...]:
        """Return the theta that reads an upright window of the source.

        Args:
            scale: Share of the source along each axis; 0.5 is half. A family
                whose scale is fixed keeps its own.
            centre: Centre of the window, ``(x[, y[, z]])``.
        """
        raise NotImplementedError

    def transform(self, theta: Tensor, points: Tensor) -> Tensor:
        """Map output ``points ([B,] K, n)`` to the source, ``(B, K, n)``.

        Args:
            theta: ``(B, P)``, checked, at least float32.
            points: Of the same dtype.
        """
        raise NotImplementedError

    def make_grid(self, theta: Tensor) -> Tensor:
        """Return where each output cell reads, ``(B, *size, n)``.

        Args:
            theta: ``(B, P)``, checked, at least float32.
        """
        cells = lattice(self.size, theta).flatten(0, -2)
        return self.transform(theta, cells).unflatten(1, self.size)

    @property
    def identity(self) -> tuple[float, ...]:
        """The theta a transformer starts from: a window of the whole."""
        return self.window_theta(1.0, (0.0,) * len(self.size))

    @cached_property
    def num_params(self) -> int:
        """The number ``P`` of parameters in theta."""
        return len(self.identity)

    def forward(self, theta: Tensor) -> Tensor:
        """Return where each output cell reads, ``(B, *size, n)``.

        A sample of which any parameter is not finite is NaN throughout.

        Args:
            theta: ``(B, P)``, in normalised units.

        Raises:
            ValueError: If ``P`` is not that of this family.
        """
        theta = self.validate_theta(theta)
        with torch.autocast(theta.device.type, enabled=False):
            return self.make_grid(theta)

    def map_points(self, theta: Tensor, points: Tensor) -> Tensor:
        """Map output points to the source, ``(B, K, n)``.

        A point that reads nowhere, as behind a camera, is NaN.

        Args:
            theta: ``(B, P)``.
            points: ``(K, n)``, or each sample's own, ``(B, K, n)``.
        """
        theta = self.validate_theta(theta)
        with torch.autocast(theta.device.type, enabled=False):
            return self.transform(theta, points.to(theta.dtype))

    def read_points(self, theta: Tensor, cells: int = 16) -> Tensor:
        """Return where evenly spaced output cells read, ``(B, K, n)``.

        Args:
            theta: ``(B, P)``.
            cells: At most this many along each axis.
        """
        size = tuple(min(cells, side) for side in self.size)
        return self.map_points(theta, lattice(size, theta).flatten(0, -2))

    def linearised(self, theta: Tensor) -> Tensor:
        """Return the affine map at the output's centre, ``(B, n, n + 1)``."""
        centre = theta.new_zeros(len(theta), 1, len(self.size))
        columns = []
        for axis in range(len(self.size)):
            step = torch.zeros_like(centre)
            step[..., axis] = 1
            value, slope = torch.func.jvp(
                partial(self.map_points, theta), (centre,), (step,)
            )[:2]
            columns.append(slope[:, 0])
        return torch.stack([*columns, value[:, 0]], dim=-1)

    def describe(self, theta: Tensor) -> dict[str, Tensor]:
        """Return the meaning of theta in named numbers, each ``(B,)``.

        ``scale`` is the edge of the region over that of the source (the root
        of the area or volume), ``angle`` is in degrees, where there is more
        than one axis, ``x``, ``y`` and ``z`` are its centre in normalised
        units; all at the centre.

        Args:
            theta: ``(B, P)``, finite.
        """
        matrix = self.linearised(theta)
        linear, shift = matrix[..., :-1], matrix[..., -1]
        centre = dict(zip('xyz', shift.unbind(1), strict=False))
        scale = signed_scale(linear).abs()
        if len(self.size) == 1:
            return {'scale': scale, **centre}
        return {'scale': scale, 'angle': rotation_angle(linear), **centre}

    def control_points(self, theta: Tensor) -> Tensor | None:
        """Return where control points read, ``(B, K, n)``; None without."""
        return None

    def validate_theta(self, theta: Tensor) -> Tensor:
        """Return theta, at least float32; all NaN if not finite."""
        if theta.ndim != 2 or theta.shape[1] != self.num_params:
            raise ValueError(
                f'{type(self).__name__}: theta must be '
                f'(B, {self.num_params}), but got {tuple(theta.shape)}'
            )
        theta = theta.to(torch.promote_types(theta.dtype, torch.float32))
        return theta + (theta.detach() * 0).sum(1, keepdim=True)

    def extra_repr(self) -> str:
        return f'size={self.size}'


def build_grid(part: dict | GridGenerator | None) -> GridGenerator:
    """Build a grid generator; one that is built is returned as it is.

    Raises:
        ValueError: If its type is no registered family, or it is missing.
    """
    if isinstance(part, dict):
        kind = part.get('type')
        is_name = isinstance(kind, str)
        family = MMPRETRAIN_MODELS.get(kind) if is_name else kind
    else:
        kind, family = part, type(part)
    if not (isinstance(family, type) and issubclass(family, GridGenerator)):
        names = [
            f'mmstn.{name}'
            for name, known in MODELS.module_dict.items()
            if isinstance(known, type) and issubclass(known, GridGenerator)
        ]
        got = 'it is missing' if part is None else f'got {kind!r}'
        raise ValueError(
            f'grid: type must be one of {", ".join(names)}, but {got}; give '
            'dict(type=..., size=...), or an instance'
        )
    assert part is not None  # has no type
    grid = build(part)
    assert isinstance(grid, GridGenerator)  # its type is
    return grid

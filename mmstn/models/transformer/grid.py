"""Part 2 of the spatial transformer: from theta to where each cell reads.

Every generator is a family of maps from output to source. It has ``size``
(the output), ``crop(scale, place)`` (the theta that reads a window),
``identity`` (the theta it starts from, a window as large as the source),
``forward(theta)`` (the grid), and ``points(theta, points)`` (where any output
points read). A family that is a matrix has ``matrix(theta)`` too.
"""

from collections.abc import Sequence

import torch
from mmpretrain.registry import MODELS as ANY_MODELS
from torch import Tensor, nn

from mmstn.geometry import affine, projective, tps
from mmstn.geometry.lattice import lattice
from mmstn.geometry.sampling import is_number
from mmstn.registry import MODELS


def are_counts(numbers: Sequence[int]) -> bool:
    """Whether these are whole positive numbers, in a tuple or list."""
    return isinstance(numbers, (tuple, list)) and all(
        isinstance(number, int) and number > 0 for number in numbers
    )


class GridGenerator(nn.Module):
    """Common ground of the families: checks, precision, NaN.

    Args:
        size: Output size, ``(H, W)`` or ``(D, H, W)``.
    """

    DIMENSIONS = (2, 3)

    def __init__(self, size: Sequence[int]):
        super().__init__()
        name = type(self).__name__
        if not are_counts(size) or len(size) not in self.DIMENSIONS:
            axes = {2: '(H, W)', 3: '(D, H, W)'}
            expected = ' or '.join(axes[n] for n in self.DIMENSIONS)
            raise ValueError(
                f'{name}: size must be {expected} in whole positive numbers, '
                f'but got {size!r}'
            )
        self.size = tuple(size)

    @property
    def identity(self) -> tuple[float, ...]:
        """The theta a transformer starts from."""
        return self.crop(1.0, (0.0,) * len(self.size))

    def crop(self, scale: float, place: Sequence[float]) -> tuple[float, ...]:
        """Return the theta that reads an upright window of the source.

        Args:
            scale: Share of the source along each axis; 0.5 is half. A family
                whose scale is fixed keeps its own.
            place: Centre of the window, ``(x, y[, z])``.
        """
        raise NotImplementedError

    def forward(self, theta: Tensor) -> Tensor:
        """Return where each output cell reads, ``(B, *size, n)``.

        A sample of which any parameter is not finite is NaN throughout.

        Args:
            theta: ``(B, P)``, in normalised units.

        Raises:
            ValueError: If ``P`` is not that of this family.
        """
        theta = self.prepare(theta)
        with torch.autocast(theta.device.type, enabled=False):
            return self.grid(theta)

    def points(self, theta: Tensor, points: Tensor) -> Tensor:
        """Return where output ``points (K, n)`` read, ``(B, K, n)``."""
        theta = self.prepare(theta)
        with torch.autocast(theta.device.type, enabled=False):
            return self.move(theta, points.to(theta.dtype))

    def prepare(self, theta: Tensor) -> Tensor:
        """Return theta checked, at least float32, NaN spread over samples."""
        if theta.ndim != 2 or theta.shape[1] != len(self.identity):
            raise ValueError(
                f'{type(self).__name__}: theta must be '
                f'(B, {len(self.identity)}), but got {tuple(theta.shape)}'
            )
        theta = theta.to(torch.promote_types(theta.dtype, torch.float32))
        return theta + (theta.detach() * 0).sum(1, keepdim=True)

    def extra_repr(self) -> str:
        return f'size={self.size}'


def build_grid(cfg: dict) -> GridGenerator:
    """Return the grid generator of a config.

    Raises:
        ValueError: If its type is no registered family.
    """
    kind = cfg.get('type')
    family = ANY_MODELS.get(kind) if isinstance(kind, str) else kind
    if not (isinstance(family, type) and issubclass(family, GridGenerator)):
        names = [
            f'mmstn.{name}'
            for name, known in MODELS.module_dict.items()
            if isinstance(known, type) and issubclass(known, GridGenerator)
        ]
        raise ValueError(
            f'grid: type must be one of {", ".join(names)}, but got {kind!r}'
        )
    return ANY_MODELS.build(cfg)


class MatrixGrid(GridGenerator):
    """A family whose maps are affine matrices, in 2D and 3D."""

    def matrix(self, theta: Tensor) -> Tensor:
        """Return ``(B, n, n + 1)``, mapping output points to the source."""
        raise NotImplementedError

    def grid(self, theta: Tensor) -> Tensor:
        return affine.affine_grid(self.matrix(theta), self.size)

    def move(self, theta: Tensor, points: Tensor) -> Tensor:
        return affine.apply_affine(self.matrix(theta), points)


@MODELS.register_module()
class TranslationGrid(MatrixGrid):
    """A crop of fixed scale at a free place.

    Source: Jaderberg et al. 2015, section 4.3.

    Args:
        size: Output size, ``(H, W)`` or ``(D, H, W)``.
        scale: Share of the source seen along each axis; 0.5 sees half.
    """

    def __init__(self, size: Sequence[int], scale: float = 1.0):
        super().__init__(size)
        if not is_number(scale) or scale == 0:
            raise ValueError(
                'TranslationGrid: scale must be a number other than 0, but '
                f'got {scale!r}'
            )
        self.scale = scale

    def crop(self, scale: float, place: Sequence[float]) -> tuple[float, ...]:
        return tuple(place)

    def matrix(self, theta: Tensor) -> Tensor:
        return affine.translation_matrix(theta, self.scale)

    def extra_repr(self) -> str:
        return f'{super().extra_repr()}, scale={self.scale}'


@MODELS.register_module()
class AttentionGrid(MatrixGrid):
    """One scale and a shift: see :func:`~mmstn.geometry.affine.
    attention_matrix`."""

    def crop(self, scale: float, place: Sequence[float]) -> tuple[float, ...]:
        return (scale, *place)

    def matrix(self, theta: Tensor) -> Tensor:
        return affine.attention_matrix(theta)


@MODELS.register_module()
class SimilarityGrid(MatrixGrid):
    """Scale, rotation and shift: see :func:`~mmstn.geometry.affine.
    similarity_matrix`."""

    def crop(self, scale: float, place: Sequence[float]) -> tuple[float, ...]:
        rotation = (0.0,) * (1 if len(self.size) == 2 else 3)
        return (scale, *rotation, *place)

    def matrix(self, theta: Tensor) -> Tensor:
        return affine.similarity_matrix(theta)


@MODELS.register_module()
class AffineGrid(MatrixGrid):
    """Six numbers in 2D, twelve in 3D: see :func:`~mmstn.geometry.affine.
    affine_matrix`."""

    def crop(self, scale: float, place: Sequence[float]) -> tuple[float, ...]:
        n = len(self.size)
        rows = [[scale * (i == j) for j in range(n)] for i in range(n)]
        return tuple(
            number
            for row, shift in zip(rows, place, strict=True)
            for number in (*row, shift)
        )

    def matrix(self, theta: Tensor) -> Tensor:
        return affine.affine_matrix(theta)


@MODELS.register_module()
class ProjectiveGrid(GridGenerator):
    """A homography: see :mod:`mmstn.geometry.projective`."""

    DIMENSIONS = (2,)

    def crop(self, scale: float, place: Sequence[float]) -> tuple[float, ...]:
        x, y = place
        return (scale, 0.0, x, 0.0, scale, y, 0.0, 0.0)

    def matrix(self, theta: Tensor) -> Tensor:
        """Return ``(B, 3, 3)``, mapping output points to the source."""
        return projective.projective_matrix(theta)

    def grid(self, theta: Tensor) -> Tensor:
        return projective.projective_grid(self.matrix(theta), self.size)

    def move(self, theta: Tensor, points: Tensor) -> Tensor:
        return projective.apply_projective(self.matrix(theta), points)


@MODELS.register_module()
class TPSGrid(GridGenerator):
    """A thin plate spline through control points: see
    :mod:`mmstn.geometry.tps`.

    theta is where the control points read in the source, ``x, y`` of each in
    turn, row by row.

    Args:
        size: Output size, ``(H, W)``.
        control: Rows and columns of control points; the paper has 4 by 4.
    """

    DIMENSIONS = (2,)

    def __init__(self, size: Sequence[int], control: Sequence[int] = (4, 4)):
        super().__init__(size)
        if not are_counts(control) or len(control) != 2 or 1 in control:
            raise ValueError(
                'TPSGrid: control must be (rows, columns) of control points, '
                f'at least two of each, but got {control!r}'
            )
        points = tps.control_lattice(*control)  # (K, 2)
        basis = tps.tps_basis(points, lattice(self.size, points).flatten(0, 1))
        self._control = tuple(points.float().flatten().tolist())
        self.register_buffer('control', points.float(), persistent=False)
        self.register_buffer('basis', basis.float(), persistent=False)

    def crop(self, scale: float, place: Sequence[float]) -> tuple[float, ...]:
        return tuple(
            scale * number + place[index % 2]
            for index, number in enumerate(self._control)
        )

    def grid(self, theta: Tensor) -> Tensor:
        basis, control = self.basis.to(theta.dtype), self.control.to(theta)
        targets = theta.unflatten(1, control.shape)
        return tps.tps_grid(basis, control, targets, self.size)

    def move(self, theta: Tensor, points: Tensor) -> Tensor:
        targets = theta.unflatten(1, self.control.shape)
        return tps.apply_tps(targets, self.control, points)

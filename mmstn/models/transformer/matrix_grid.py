"""Families that are matrices: affine maps, and homographies in 2D."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mmstn.checks import is_finite_number, is_size
from mmstn.geometry import affine, projective
from mmstn.models.transformer.grid import GridGenerator
from mmstn.registry import MODELS


class MatrixGrid(GridGenerator):
    """A family whose maps are affine matrices."""

    is_straight = True

    def matrix(self, theta: Tensor) -> Tensor:
        """Return ``(B, n, n + 1)``, mapping output points to the source."""
        raise NotImplementedError

    def from_matrix(self, matrix: Tensor) -> Tensor:
        """Return theta ``(B, P)`` of matrices of this family."""
        raise NotImplementedError

    def compose(self, outer: Tensor, inner: Tensor) -> Tensor:
        """Return the theta that maps by ``inner``, then by ``outer``.

        Both are ``(B, P)``. A transformer that looks within what an earlier
        one saw reads the source by ``compose(earlier, own)``.
        """
        outer, inner = map(self.validate_theta, (outer, inner))
        pair = self.matrix(outer), self.matrix(inner)
        return self.from_matrix(affine.compose_affine(*pair))

    def linearised(self, theta: Tensor) -> Tensor:
        return self.matrix(self.validate_theta(theta))

    def make_grid(self, theta: Tensor) -> Tensor:
        return affine.affine_grid(self.matrix(theta), self.size)

    def transform(self, theta: Tensor, points: Tensor) -> Tensor:
        return affine.apply_affine(self.matrix(theta), points)


@MODELS.register_module()
class TranslationGrid(MatrixGrid):
    """A crop of fixed scale and free position.

    Source: Jaderberg et al. 2015, section 4.3.

    >>> centre = torch.tensor([[0.5, -0.5]])  # the upper right quarter
    >>> mmstn.TranslationGrid((14, 14), scale=0.5).matrix(centre).tolist()
    [[[0.5, 0.0, 0.5], [0.0, 0.5, -0.5]]]

    Args:
        size: Output size, ``(L,)``, ``(H, W)`` or ``(D, H, W)``.
        scale: Share of the source seen along each axis; 0.5 sees half.
    """

    DIMENSIONS = (1, 2, 3)

    def __init__(self, size: Sequence[int], scale: float = 1.0):
        super().__init__(size)
        if not is_finite_number(scale) or scale == 0:
            raise ValueError(
                'TranslationGrid: scale must be a number other than 0, but '
                f'got {scale!r}'
            )
        self.scale = scale

    def window_theta(
        self, scale: float, centre: Sequence[float]
    ) -> tuple[float, ...]:
        return tuple(centre)

    def matrix(self, theta: Tensor) -> Tensor:
        return affine.translation_matrix(theta, self.scale)

    def from_matrix(self, matrix: Tensor) -> Tensor:
        return matrix[..., -1]

    def compose(self, outer: Tensor, inner: Tensor) -> Tensor:
        if self.scale != 1:
            raise ValueError(
                f'TranslationGrid: with scale={self.scale} two maps in a row '
                f'have scale {self.scale**2:g}, which is no map of this '
                'family; use scale=1 or mmstn.AttentionGrid'
            )
        return super().compose(outer, inner)

    def describe(self, theta: Tensor) -> dict[str, Tensor]:
        """Return the centre, ``x``, ``y`` and ``z``; the scale is fixed."""
        centre = self.validate_theta(theta).unbind(1)
        return dict(zip('xyz', centre, strict=False))

    def extra_repr(self) -> str:
        return f'{super().extra_repr()}, scale={self.scale}'


@MODELS.register_module()
class AttentionGrid(MatrixGrid):
    """One scale and a shift: see :func:`~mmstn.geometry.affine.
    attention_matrix`.

    >>> mmstn.AttentionGrid((14, 14)).window_theta(scale=0.5, centre=(0, 0))
    (0.5, 0, 0)
    """

    DIMENSIONS = (1, 2, 3)

    def window_theta(
        self, scale: float, centre: Sequence[float]
    ) -> tuple[float, ...]:
        return (scale, *centre)

    def matrix(self, theta: Tensor) -> Tensor:
        return affine.attention_matrix(theta)

    def from_matrix(self, matrix: Tensor) -> Tensor:
        scales = matrix[..., :-1].diagonal(dim1=1, dim2=2)
        scale = scales.mean(1, keepdim=True)  # the nearest, if they differ
        return torch.cat([scale, matrix[..., -1]], dim=1)


@MODELS.register_module()
class SimilarityGrid(MatrixGrid):
    """Scale, rotation and shift: see :func:`~mmstn.geometry.affine.
    similarity_matrix`.

    >>> turned = torch.tensor([[1, torch.pi / 2, 0, 0]])
    >>> mmstn.SimilarityGrid((14, 14)).describe(turned)['angle']
    tensor([90.])

    Args:
        size: Output size, ``(H, W)`` or ``(D, H, W)``.
        source_size: Size of the source, or its proportions in whole numbers.
            The rotation is one of its pixels then, and what is square stays
            square. By default it is one of the normalised frame, which shears
            a source that is not square.
    """

    def __init__(
        self, size: Sequence[int], source_size: Sequence[int] | None = None
    ):
        super().__init__(size)
        if source_size is not None and not (
            is_size(source_size) and len(source_size) == len(self.size)
        ):
            raise ValueError(
                f'SimilarityGrid: source_size must be {len(self.size)} whole '
                f'positive numbers, as size is, but got {source_size!r}'
            )
        self.source_size = None if source_size is None else tuple(source_size)

    def window_theta(
        self, scale: float, centre: Sequence[float]
    ) -> tuple[float, ...]:
        rotation = (0.0,) * (1 if len(self.size) == 2 else 3)
        return (scale, *rotation, *centre)

    def matrix(self, theta: Tensor) -> Tensor:
        matrix = affine.similarity_matrix(theta)
        return affine.stretch_axes(matrix, self.sides)

    def from_matrix(self, matrix: Tensor) -> Tensor:
        """Return theta ``(B, P)``, of the rotation that is at most pi."""
        sides = [1 / side for side in self.sides]
        return affine.similarity_theta(affine.stretch_axes(matrix, sides))

    @property
    def sides(self) -> tuple[int, ...]:
        """Proportions of the frame that is rotated, along x, y and z."""
        return (self.source_size or (1,) * len(self.size))[::-1]

    def describe(self, theta: Tensor) -> dict[str, Tensor]:
        """Return scale, angle and centre; the angle is that of theta."""
        theta = self.validate_theta(theta)
        turn = affine.similarity_matrix(theta)[..., :-1]
        angle = affine.rotation_angle(turn)
        return super().describe(theta) | {'angle': angle}

    def extra_repr(self) -> str:
        if self.source_size is None:
            return super().extra_repr()
        return f'{super().extra_repr()}, source_size={self.source_size}'


@MODELS.register_module()
class AffineGrid(MatrixGrid):
    """Six numbers in 2D, twelve in 3D, scale and shift on one axis: see
    :func:`~mmstn.geometry.affine.affine_matrix`.

    >>> mmstn.AffineGrid((28, 28)).identity
    (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    """

    DIMENSIONS = (1, 2, 3)

    def window_theta(
        self, scale: float, centre: Sequence[float]
    ) -> tuple[float, ...]:
        n = len(self.size)
        rows = [[scale * (i == j) for j in range(n)] for i in range(n)]
        return tuple(
            number
            for row, shift in zip(rows, centre, strict=True)
            for number in (*row, shift)
        )

    def matrix(self, theta: Tensor) -> Tensor:
        return affine.affine_matrix(theta)

    def from_matrix(self, matrix: Tensor) -> Tensor:
        return matrix.flatten(1)


@MODELS.register_module()
class ProjectiveGrid(MatrixGrid):
    """A homography: see :mod:`mmstn.geometry.projective`.

    Its matrices are ``(B, 3, 3)``, their last entry 1.

    >>> mmstn.ProjectiveGrid((28, 28)).num_params
    8
    """

    DIMENSIONS = (2,)
    size: tuple[int, int]

    def window_theta(
        self, scale: float, centre: Sequence[float]
    ) -> tuple[float, ...]:
        x, y = centre
        return (scale, 0.0, x, 0.0, scale, y, 0.0, 0.0)

    def matrix(self, theta: Tensor) -> Tensor:
        """Return ``(B, 3, 3)``, mapping output points to the source."""
        return projective.projective_matrix(theta)

    def from_matrix(self, matrix: Tensor) -> Tensor:
        return (matrix / matrix[:, 2:, 2:]).flatten(1)[:, :8]

    def compose(self, outer: Tensor, inner: Tensor) -> Tensor:
        outer, inner = map(self.validate_theta, (outer, inner))
        pair = self.matrix(outer), self.matrix(inner)
        return self.from_matrix(projective.compose_projective(*pair))

    def linearised(self, theta: Tensor) -> Tensor:
        matrix = self.matrix(self.validate_theta(theta))
        return projective.affine_at_centre(matrix)

    def make_grid(self, theta: Tensor) -> Tensor:
        return projective.projective_grid(self.matrix(theta), self.size)

    def transform(self, theta: Tensor, points: Tensor) -> Tensor:
        return projective.apply_projective(self.matrix(theta), points)

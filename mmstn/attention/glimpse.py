"""The region that one transformer read, in pixels."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor

from mmstn.attention.provenance import Lineage
from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.outline import box_edges, outline
from mmstn.models.transformer import GridGenerator

PER_SIDE = 64  # a straight side needs one, a curve or a horizon more


@dataclass(eq=False)
class Source:
    """The tensor that one or more transformers sampled.

    Args:
        name: Of the first transformer that reads it, or ``'input'``.
        values: ``(B, C, *size)``, a copy.
        is_picture: Whether it has the channels of the network's input.
        lineage: The glimpses whose outputs it was made from, the nearest
            first; none for the network's input and what only convolutions and
            the like made of it. None where unlike lineages were joined.
    """

    name: str
    values: Tensor
    is_picture: bool
    lineage: Lineage = ()

    @property
    def size(self) -> tuple[int, ...]:
        return tuple(self.values.shape[2:])


@dataclass(eq=False)
class Glimpse:
    """Source, theta and output of one transformer for a batch, copied.

    Everything in pixels can be had in those of its source, or of the input of
    the network. A feature map is taken to span the frame of what its stage
    was fed, and the output of an earlier transformer is placed where that
    one read it, sample by sample. Strides and padding shift a feature map
    against its stage's input by some pixels, which is not undone.

    Args:
        name: Of the transformer in the network.
        family: The transformer's grid generator.
        source: The tensor it sampled.
        input: The input of the network.
        theta: ``(B, P)``.
        output: Its output, ``(B, C, *out)``.
        draws: A few draws of theta, ``(B, K, P)``, of a localiser that
            draws; ``theta`` is their mean then.
    """

    name: str
    family: GridGenerator
    source: Source
    input: Source
    theta: Tensor
    output: Tensor
    draws: Tensor | None = None

    @property
    def drawn(self) -> list['Glimpse']:
        """The glimpses that read by the draws; none without."""
        draws = () if self.draws is None else self.draws.unbind(1)
        return [replace(self, theta=theta, draws=None) for theta in draws]

    @property
    def reaches_input(self) -> bool:
        """True if each point of an output is one point of its input."""
        lineage = self.source.lineage
        if lineage is None or len(self.input.size) != len(self.family.size):
            return False
        if len(self.theta) != len(self.input.values):
            return False
        return all(
            len(glimpse.theta) == len(self.theta)
            and len(glimpse.family.size) == len(self.family.size)
            for glimpse in lineage
        )

    def outline(self, on_input: bool = False) -> Tensor:
        """Return the border of the attended region in pixels, of a picture.

        Shape ``(B, 4 * PER_SIDE, 2)``; NaN behind a projective camera. Of a
        series the two ends of an interval, ``(B, 2, 1)``.

        Args:
            on_input: In pixels of the network's input, which the transformer
                must reach, not of the source.
        """
        read, size = self.target(on_input)
        return outline(read, size, PER_SIDE, self.theta)

    def edges(self, on_input: bool = False) -> Tensor:
        """Return the edges of the attended box in pixels, of a volume.

        Shape ``(B, 12, PER_SIDE + 1, 3)``.

        Args:
            on_input: As for :meth:`outline`.
        """
        read, size = self.target(on_input)
        points = box_edges(PER_SIDE, self.theta)  # (12, PER_SIDE + 1, 3)
        moved = read(points.flatten(0, 1)).unflatten(1, points.shape[:2])
        return to_pixels(moved, size)

    def control(self, on_input: bool = False) -> Tensor | None:
        """Return where control points read, ``(B, K, n)`` in pixels.

        None for a family without.

        Args:
            on_input: As for :meth:`outline`.
        """
        points = self.family.control_points(self.theta)
        if points is None:
            return None
        if on_input:
            return to_pixels(self.source_to_input(points), self.input.size)
        return to_pixels(points, self.source.size)

    def target(self, on_input: bool) -> tuple[Callable, tuple[int, ...]]:
        """Return a map from output points, and the size of its target."""
        if on_input:
            return self.read_input, self.input.size
        return self.read, self.source.size

    def read(self, points: Tensor) -> Tensor:
        """Return where points of the output read the source, ``(B, P, n)``.

        Args:
            points: ``(P, n)``, or for each sample its own, ``(B, P, n)``.
        """
        return self.family.map_points(self.theta, points)

    def read_input(self, points: Tensor) -> Tensor:
        """Return where points of the output read the network's input.

        Args:
            points: As for :meth:`read`.
        """
        return self.source_to_input(self.read(points))

    def source_to_input(self, points: Tensor) -> Tensor:
        """Map points of the source, ``(B, P, n)``, to the network's input.

        Raises:
            ValueError: If the transformer does not reach the input.
        """
        if not self.reaches_input:
            raise ValueError(
                f'{self.name}: what it reads was joined from several '
                'transformers, or is flatter than the input, so it has no one '
                'place there; look at reaches_input first'
            )
        for glimpse in self.source.lineage:
            points = glimpse.read(points)
        return points

    @property
    def is_straight(self) -> bool:
        """True if straight lines of the output are straight on the input."""
        chain = (self, *(self.source.lineage or ()))
        return all(glimpse.family.is_straight for glimpse in chain)

"""Several spatial transformers that look at one source from one localiser."""

from collections.abc import Sequence

from mmengine.model import BaseModule
from mmpretrain.registry import MODELS as ANY_MODELS
from torch import Tensor

from mmstn.models.transformer.grid import GridGenerator, build_grid
from mmstn.registry import MODELS


@MODELS.register_module()
class ParallelSpatialTransformer(BaseModule):
    """N spatial transformers of one source, sampled together.

    Source: Jaderberg et al. 2015, section 4.3 and appendix A.1. What they
    attend to is joined as channels, first that of the first: so they stand
    wherever a single transformer can, and ``chunk(num_transformers, dim=1)``
    takes their outputs apart.

    Args:
        num_transformers: How many transformers, ``N``.
        localisation: Config of part 1, shared; it gives the theta of each
            transformer in turn, ``(B, N * P)``.
        grid: Config of part 2, the same family and output size for each.
        starts: ``P`` parameters for each transformer, given before training.
            By default they are windows that tile the source: see
            :func:`tiles`.
        sampler: Config of part 3.
    """

    def __init__(
        self,
        num_transformers: int,
        localisation: dict,
        grid: dict,
        starts: Sequence[Sequence[float]] | None = None,
        sampler: dict | None = None,
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        if not isinstance(num_transformers, int) or num_transformers < 1:
            raise ValueError(
                'ParallelSpatialTransformer: num_transformers must be a whole '
                f'number from 1 on, but got {num_transformers!r}'
            )
        self.num_transformers = number = num_transformers
        self.grid = build_grid(grid)
        starts = tiles(self.grid, number) if starts is None else starts
        check_starts(starts, number, self.grid, localisation)
        self.localisation = ANY_MODELS.build(
            {
                'type': 'mmstn.Localisation',
                'start': [value for start in starts for value in start],
                **localisation,
            }
        )
        self.sampler = ANY_MODELS.build(
            sampler or dict(type='mmstn.GridSampler')
        )

    def forward(self, source: Tensor) -> Tensor:
        """Return what is attended to, ``(B, N * C, *out)``."""
        theta = self.localisation(source)  # (B, N * P)
        theta = theta.unflatten(1, (self.num_transformers, -1))  # (B, N, P)
        grids = self.grid(theta.flatten(0, 1))  # (B * N, *out, n)
        grids = grids.unflatten(0, theta.shape[:2])  # (B, N, *out, n)
        outputs = self.sampler.each(source, grids)  # (B, N, C, *out)
        return outputs.flatten(1, 2)  # (B, N * C, *out)

    def extra_repr(self) -> str:
        return f'num_transformers={self.num_transformers}'


def tiles(grid: GridGenerator, number: int) -> list[tuple[float, ...]]:
    """Return the thetas of windows side by side, row by row.

    The windows are evenly spread from edge to edge over as many columns as
    rows, or more. A window sees one column along each axis, unless the scale
    of the family is fixed. A volume is tiled along x and y.
    """
    rows = max(
        rows
        for rows in range(1, number + 1)
        if number % rows == 0 and rows * rows <= number
    )
    columns = number // rows
    scale = getattr(grid, 'scale', 1 / columns)
    centre = (0.0,) * (len(grid.size) - 2)
    return [
        grid.crop(scale, (x, y, *centre))
        for y in spread(rows, scale)
        for x in spread(columns, scale)
    ]


def spread(count: int, scale: float) -> list[float]:
    """Return centres of windows, the outer ones at the edges."""
    if count == 1:
        return [0.0]
    return [(1 - scale) * (2 * i / (count - 1) - 1) for i in range(count)]


def check_starts(
    starts: Sequence[Sequence[float]],
    number: int,
    grid: GridGenerator,
    localisation: dict,
) -> None:
    """Raise a ValueError unless there is one start for each transformer."""
    if 'start' in localisation:
        raise ValueError(
            'ParallelSpatialTransformer: localisation has start='
            f'{localisation["start"]!r}, but the start of each transformer '
            'stands in starts; move it there'
        )
    if len(starts) != number:
        raise ValueError(
            f'ParallelSpatialTransformer: {number} transformers, but '
            f'{len(starts)} starts; give one for each'
        )
    given = {len(start) for start in starts}
    if given != {len(grid.identity)}:
        raise ValueError(
            f'ParallelSpatialTransformer: {type(grid).__name__} of size '
            f'{grid.size} takes {len(grid.identity)} numbers, but the starts '
            f'have {", ".join(map(str, sorted(given)))}'
        )

"""Several spatial transformers that look at one source."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mmstn.checks import check_count
from mmstn.models.build import build
from mmstn.models.transformer.grid import GridGenerator, build_grid
from mmstn.models.transformer.spatial_transformer import (
    SpatialTransformer,
    build_localisation,
    build_localisations,
    check_num_steps,
)
from mmstn.registry import MODELS


@MODELS.register_module()
class ParallelSpatialTransformer(SpatialTransformer):
    """N spatial transformers of one source, sampled together.

    Source: Jaderberg et al. 2015, section 4.3 and appendix A.1. The N outputs
    are concatenated along channels, in order, so this module can replace a
    single transformer anywhere, and ``chunk(num_transformers, dim=1)`` takes
    its output apart.

    >>> trunk = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 32))
    >>> look = mmstn.ParallelSpatialTransformer(
    ...     4, trunk, mmstn.TranslationGrid((14, 14), scale=0.5))
    >>> look(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 4, 14, 14])

    Args:
        num_transformers: The number of transformers, ``N``.
        localisation: Part 1, shared, a config or a module; it gives the theta
            of each transformer in turn, ``(B, N * P)``. Or a list of one for
            each, ``(B, P)``: where each should follow a thing of its own, a
            shared one may come to follow the average.
        grid: Part 2, the same family and output size for each.
        starts: ``P`` parameters for each transformer, given before training.
            By default they are windows that tile the source: see
            :func:`tiles`.
        sampler: Part 3; by default a ``mmstn.GridSampler``.
    """

    def __init__(
        self,
        num_transformers: int,
        localisation: dict | nn.Module | list | tuple,
        grid: dict | GridGenerator | None = None,
        starts: Sequence[Sequence[float]] | None = None,
        sampler: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ):
        BaseModule.__init__(self, init_cfg)
        check_count(
            'ParallelSpatialTransformer', 'num_transformers', num_transformers
        )
        self.num_transformers = num_transformers
        self.grid = build_grid(grid)
        is_free = starts is None
        if starts is None:
            starts = tiles(self.grid, num_transformers)
        check_starts(starts, num_transformers, self.grid, localisation)
        told = tuple(value for start in starts for value in start)
        if isinstance(localisation, (list, tuple, nn.ModuleList)):
            self.localisation = build_localisations(
                'ParallelSpatialTransformer',
                'num_transformers',
                list(localisation),
                starts,
            )
        else:
            self.localisation = build_localisation(localisation, told)
        self._check_own_start(told, is_free)
        steps = num_transformers // len(self.localisers)
        for localiser in self.localisers:
            check_num_steps('ParallelSpatialTransformer', localiser, steps)
        self.sampler = build(sampler or dict(type='mmstn.GridSampler'))

    def _check_own_start(self, told: Sequence[float], is_free: bool) -> None:
        """Raise a ValueError unless a localiser given as a module fits."""
        if len(self.start) != len(told):
            raise ValueError(
                f'ParallelSpatialTransformer: {self.num_transformers} '
                f'transformers of {type(self.grid).__name__} take '
                f'{len(told)} numbers, but the start of the localisation has '
                f'{len(self.start)}; give it as many'
            )
        if not is_free and self.start != told:
            raise ValueError(
                f'ParallelSpatialTransformer: starts has {told}, but the '
                f'localisation starts from {self.start}; leave starts out, or '
                'give it the same'
            )

    @property
    def localisers(self) -> list[Any]:
        """The shared localiser alone, or that of each transformer."""
        if isinstance(self.localisation, ModuleList):
            return list(self.localisation)
        return [self.localisation]

    @property
    def start(self) -> tuple[float, ...]:
        """The theta of every input before training, ``N * P`` numbers."""
        return tuple(n for part in self.localisers for n in part.start)

    def locate(self, source: Tensor) -> Tensor:
        """Return theta ``(B, N, P)`` for a source ``(B, C, *size)``."""
        thetas = [localiser(source) for localiser in self.localisers]
        theta = torch.cat(thetas, dim=1)  # (B, N * P)
        return theta.unflatten(1, (self.num_transformers, -1))

    def extra_repr(self) -> str:
        return f'num_transformers={self.num_transformers}'


def tiles(grid: GridGenerator, count: int) -> list[tuple[float, ...]]:
    """Return the thetas of windows side by side, row by row.

    The windows are evenly spread from edge to edge over as many columns as
    rows, or more. A window sees one column along each axis, unless the scale
    of the family is fixed. A volume is tiled along x and y, a series along x.
    """
    rows = max(
        rows
        for rows in range(1, count + 1)
        if count % rows == 0 and rows * rows <= count
    )
    rows = 1 if len(grid.size) == 1 else rows
    columns = count // rows
    scale = getattr(grid, 'scale', 1 / columns)
    return [
        grid.window_theta(scale, (x, y, 0.0)[: len(grid.size)])
        for y in window_centres(rows, scale)
        for x in window_centres(columns, scale)
    ]


def window_centres(count: int, scale: float) -> list[float]:
    """Return centres of windows along one axis, the outer at the edges."""
    if count == 1:
        return [0.0]
    return [(1 - scale) * (2 * i / (count - 1) - 1) for i in range(count)]


def check_starts(
    starts: Sequence[Sequence[float]],
    count: int,
    grid: GridGenerator,
    localisation: dict | nn.Module | list | tuple,
) -> None:
    """Raise a ValueError unless there is one start for each transformer."""
    parts = [localisation]
    if isinstance(localisation, (list, tuple)):
        parts = list(localisation)
    told = [p['start'] for p in parts if isinstance(p, dict) and 'start' in p]
    if told:
        raise ValueError(
            'ParallelSpatialTransformer: localisation has start='
            f'{told[0]!r}, but the start of each transformer '
            'stands in starts; move it there'
        )
    if len(starts) != count:
        raise ValueError(
            f'ParallelSpatialTransformer: {count} transformers, but '
            f'{len(starts)} starts; give one for each'
        )
    given = {len(start) for start in starts}
    if given != {grid.num_params}:
        raise ValueError(
            f'ParallelSpatialTransformer: {type(grid).__name__} of size '
            f'{grid.size} takes {grid.num_params} numbers, but the starts '
            f'have {", ".join(map(str, sorted(given)))}'
        )

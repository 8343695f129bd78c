"""A spatial transformer of several steps, each within what one saw before."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mmstn.checks import check_count, is_finite_number
from mmstn.models.build import build
from mmstn.models.transformer.grid import GridGenerator, build_grid
from mmstn.models.transformer.recurrent import RecurrentLocalisation
from mmstn.models.transformer.spatial_transformer import (
    SpatialTransformer,
    build_localisation,
    build_localisations,
)
from mmstn.registry import MODELS


@MODELS.register_module()
class IterativeSpatialTransformer(SpatialTransformer):
    """A spatial transformer that corrects itself in several steps.

    Source: Lin and Lucey 2017 (IC-STN). The first step localises the source,
    or what is read of it at ``begin``, each later one the output of the step
    before. An update is composed with the theta so far, and the *original*
    source is sampled by the composed theta each time: nothing is lost at the
    borders, nothing blurred twice. The output is that of the last step.

    >>> trunk = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 32))
    >>> grid = mmstn.AffineGrid((28, 28))
    >>> look = mmstn.IterativeSpatialTransformer(4, trunk, grid)
    >>> look(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 1, 28, 28])

    Args:
        num_steps: The number of steps; with one, and no ``begin``, it is a
            ``SpatialTransformer``. After training the attribute may be
            lowered, to see where fewer steps lead.
        localisation: Part 1, as for a ``SpatialTransformer``, which gives the
            update of each step: one that all steps share, or a list of one
            for each. Updates start at the identity of ``grid`` unless it
            names another ``start``.
        grid: Part 2; its family must be closed under composition.
        sampler: Part 3; by default a ``mmstn.GridSampler``.
        begin: Theta of what the first step localises, such as that of the
            middle of a source with a margin; its update is composed with it.
            By default the first step localises the source as it is.
    """

    grid: Any  # a family that has compose

    def __init__(
        self,
        num_steps: int,
        localisation: dict | nn.Module | list | tuple,
        grid: dict | GridGenerator | None = None,
        sampler: dict | nn.Module | None = None,
        begin: Sequence[float] | None = None,
        init_cfg: dict | None = None,
    ):
        BaseModule.__init__(self, init_cfg)
        check_count('IterativeSpatialTransformer', 'num_steps', num_steps)
        self.grid = build_grid(grid)
        check_composes(self.grid)
        check_begin(begin, self.grid)
        self.begin = None if begin is None else tuple(map(float, begin))
        identity = self.grid.identity
        if isinstance(localisation, (list, tuple, nn.ModuleList)):
            self.localisation = build_localisations(
                'IterativeSpatialTransformer',
                'num_steps',
                list(localisation),
                [identity] * num_steps,
            )
        else:
            self.localisation = build_localisation(localisation, identity)
        self.num_steps = num_steps
        for localiser in self.localisers:
            check_forgets(localiser)
            check_start(localiser, self.grid)
        self.sampler = build(sampler or dict(type='mmstn.GridSampler'))

    @property
    def num_steps(self) -> int:
        return self._num_steps

    @num_steps.setter
    def num_steps(self, num_steps: int) -> None:
        check_count('IterativeSpatialTransformer', 'num_steps', num_steps)
        own = self.localisation
        if isinstance(own, ModuleList) and num_steps > len(own):
            raise ValueError(
                f'IterativeSpatialTransformer: num_steps={num_steps}, but '
                f'localisation is a list of {len(own)}, one for each step; '
                'give at most that'
            )
        check_posterior(own, num_steps, self.begin)
        for localiser in self.first(num_steps)[self.begin is None :]:
            check_size(localiser, self.grid)
        self._num_steps = num_steps

    @property
    def localisers(self) -> list[nn.Module]:
        """The localiser of each step."""
        return self.first(self.num_steps)

    def first(self, num_steps: int) -> list[nn.Module]:
        """Return the localisers of the first steps."""
        if isinstance(self.localisation, ModuleList):
            return list(self.localisation)[:num_steps]
        return [self.localisation] * num_steps

    @property
    def start(self) -> tuple[float, ...]:
        """The composed theta of every input before training."""
        parts = [start_of(part, self.grid) for part in self.localisers]
        if self.begin is not None:
            parts.insert(0, self.begin)
        theta, *updates = (
            torch.tensor([part], dtype=torch.float64) for part in parts
        )
        for update in updates:
            theta = self.grid.compose(theta, update)
        return tuple(theta[0].tolist())

    def locate(self, source: Tensor) -> Tensor:
        """Return the composed theta ``(B, P)`` for ``(B, C, *size)``."""
        localisers = iter(self.localisers)
        if self.begin is None:
            theta = next(localisers)(source)
        else:
            dtype = torch.promote_types(source.dtype, torch.float32)
            begin = source.new_tensor(self.begin, dtype=dtype)
            theta = begin.expand(source.shape[0], -1)
        for localiser in localisers:
            seen = self.sampler(source, self.grid, theta)
            theta = self.grid.compose(theta, localiser(seen))
        return theta

    def extra_repr(self) -> str:
        return f'num_steps={self.num_steps}, begin={self.begin}'


def start_of(localiser: nn.Module, grid: GridGenerator) -> Sequence[float]:
    """Return the update that a localiser gives before training."""
    return getattr(localiser, 'start', grid.identity)


def check_composes(grid: Any) -> None:
    """Raise a ValueError unless maps of a family can be composed."""
    if not hasattr(grid, 'compose'):
        raise ValueError(
            f'IterativeSpatialTransformer: grid {type(grid).__name__} has no '
            'compose, as two of its maps in a row are no map of the family; '
            'use a family of matrices, such as mmstn.AffineGrid'
        )
    identity = torch.tensor([grid.identity])
    grid.compose(identity, identity)  # says itself why it cannot


def check_begin(begin: Sequence[float] | None, grid: GridGenerator) -> None:
    """Raise a ValueError if the steps cannot begin at a theta."""
    if begin is None:
        return
    given = list(begin) if isinstance(begin, Sequence) else [begin]
    if len(given) != grid.num_params or not all(map(is_finite_number, given)):
        raise ValueError(
            'IterativeSpatialTransformer: begin must be a list of '
            f'{grid.num_params} finite numbers, a theta of '
            f'{type(grid).__name__}, but got {begin!r}'
        )
    matrix = grid.linearised(torch.tensor([given], dtype=torch.float64))
    if torch.linalg.det(matrix[:, :, :-1]) == 0:
        raise ValueError(
            f'IterativeSpatialTransformer: at begin={begin!r} all is read '
            'from a line or a point, which no update widens; give a theta '
            'whose window has an area'
        )


def check_forgets(localiser: nn.Module) -> None:
    """Raise a ValueError if a localiser has a memory."""
    if isinstance(localiser, RecurrentLocalisation):
        raise ValueError(
            'IterativeSpatialTransformer: a RecurrentLocalisation remembers '
            'what it gave of the same source, but each step is shown another '
            'reading; take a mmstn.Localisation'
        )


def check_start(localiser: nn.Module, grid: GridGenerator) -> None:
    """Raise a ValueError unless a localiser starts at a theta."""
    given = len(start_of(localiser, grid))
    if given != grid.num_params:
        raise ValueError(
            f'IterativeSpatialTransformer: localisation start has {given} '
            f'numbers, but {type(grid).__name__} of size {grid.size} takes '
            f'{grid.num_params}'
        )


def check_posterior(
    localisation: nn.Module, num_steps: int, begin: Sequence[float] | None
) -> None:
    """Raise a ValueError if a posterior is not that of the composed theta."""
    if not hasattr(localisation, 'posterior'):
        return
    if num_steps > 1:
        raise ValueError(
            'IterativeSpatialTransformer: a probabilistic localisation draws '
            f'in each of num_steps={num_steps}, but only the posterior of the '
            'last would count; take one step, or a mmstn.Localisation'
        )
    if begin is not None:
        raise ValueError(
            'IterativeSpatialTransformer: the posterior of a probabilistic '
            f'localisation is that of its update, but begin={begin} is '
            'composed with it; leave begin out, or take a mmstn.Localisation'
        )


def trunk_shape(localiser: nn.Module) -> tuple[int, ...] | None:
    """Return a trunk's source, ``(C, *size)``; None if it does not say."""
    return getattr(getattr(localiser, 'trunk', None), 'in_shape', None)


def check_size(
    localiser: nn.Module,
    grid: GridGenerator,
    owner: str = 'IterativeSpatialTransformer',
    otherwise: str = ', or localisation a list of one for each step',
) -> None:
    """Raise a ValueError if a localiser cannot be shown an output."""
    shape = trunk_shape(localiser)
    if shape is not None and shape[1:] != grid.size:
        raise ValueError(
            f'{owner}: localisation is shown an output of size {grid.size}, '
            f'but the trunk of it is built for {shape[1:]}; give grid that '
            f'size{otherwise}'
        )

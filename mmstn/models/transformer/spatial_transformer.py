"""The spatial transformer: localise, make the grid, sample."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mmstn.models.build import build, find_type
from mmstn.models.transformer.grid import GridGenerator, build_grid
from mmstn.models.transformer.localisation import Localisation
from mmstn.models.transformer.module_localisation import ModuleLocalisation
from mmstn.registry import MODELS


@MODELS.register_module()
class SpatialTransformer(BaseModule):
    """A differentiable crop, warp or rectification learnt from the task loss.

    Source: Jaderberg et al. 2015, fig. 2. A subclass that finds theta another
    way overrides :meth:`locate`. Observers hook ``sampler``: of several calls
    on one source the last one counts, earlier ones are steps.

    >>> trunk = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 32))
    >>> look = mmstn.SpatialTransformer(trunk, mmstn.AffineGrid((14, 14)))
    >>> look(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 1, 14, 14])
    >>> look.locate(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 6])

    Args:
        localisation: Part 1, the config of a ``mmstn.Localisation``, that
            starts at the identity of ``grid`` unless it names another
            ``start``; or a module. One with ``start`` is a localiser, and
            taken as it is. Of any other the first pass decides: a tensor of
            exactly ``(B, P)`` is theta, everything else is features, and a
            linear layer is put behind them that starts at the identity. For
            features of the length ``P`` give ``dict(trunk=my_net,
            in_features=P)``.
        grid: Part 2, which fixes the family and the output size.
        sampler: Part 3; by default a ``mmstn.GridSampler``.
    """

    def __init__(
        self,
        localisation: dict | nn.Module,
        grid: dict | GridGenerator | None = None,
        sampler: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        self.grid = build_grid(grid)
        self.localisation = build_localisation(
            localisation, self.grid.identity
        )
        given = len(self.start)
        if given != self.grid.num_params:
            raise ValueError(
                f'SpatialTransformer: localisation start has {given} numbers, '
                f'but {type(self.grid).__name__} of size {self.grid.size} '
                f'takes {self.grid.num_params}'
            )
        check_num_steps('SpatialTransformer', self.localisation, 1)
        self.sampler = build(sampler or dict(type='mmstn.GridSampler'))

    @property
    def start(self) -> tuple[float, ...]:
        """The theta of every input before training, ``N * P`` numbers."""
        return getattr(self.localisation, 'start', self.grid.identity)

    @property
    def posterior(self) -> Any:
        """What a ``ProbabilisticLocalisation`` found last, else None."""
        return getattr(self.localisation, 'posterior', None)

    def locate(self, source: Tensor) -> Tensor:
        """Return theta for a source ``(B, C, *size)``.

        Shape ``(B, P)``, or ``(B, N, P)`` for N parallel transformers.
        """
        return self.localisation(source)

    def forward(self, source: Tensor) -> Tensor:
        """Return the output, ``(B, C, *out)`` or ``(B, N * C, *out)``."""
        theta = self.locate(source)
        return self.sampler(source, self.grid, theta)


def build_localisation(
    part: dict | nn.Module, start: Sequence[float]
) -> nn.Module:
    """Build part 1, by default a ``mmstn.Localisation`` from ``start``.

    A network without ``start`` becomes a ``ModuleLocalisation``.

    Raises:
        TypeError: If it is neither a config nor a module.
    """
    if not isinstance(part, (dict, nn.Module)):
        raise TypeError(
            'SpatialTransformer: localisation must be a config or a module, '
            f'but got {part!r}; give an instance of nn.Module'
        )
    if isinstance(part, dict):
        part = {'type': Localisation, **part}
        if takes_start(find_type(part)):
            part = {'start': start, **part}
        part = build(part)
    return part if hasattr(part, 'start') else ModuleLocalisation(part, start)


def takes_start(kind: Callable) -> bool:
    """Return whether what is built from a config is a localiser."""
    is_ours = isinstance(kind, type) and issubclass(kind, Localisation)
    return is_ours or 'start' in inspect.signature(kind).parameters


def build_localisations(
    owner: str,
    count: str,
    parts: Sequence[dict | nn.Module],
    starts: Sequence[Sequence[float]],
) -> ModuleList:
    """Build a localiser for each start.

    Args:
        owner: The class that has them.
        count: The name of its argument that says how many.
        parts: Configs or modules.
        starts: Theta of each before training.

    Raises:
        ValueError: If they are not as many, or one is probabilistic.
    """
    if len(parts) != len(starts):
        raise ValueError(
            f'{owner}: {count}={len(starts)}, but localisation is a list of '
            f'{len(parts)}; give one for each, or one without a list for all '
            'to share'
        )
    built = ModuleList(map(build_localisation, parts, starts))
    if any(hasattr(part, 'posterior') for part in built):
        raise ValueError(
            f'{owner}: localisation is a list with a probabilistic one, but '
            'only that of one for all is found; give it without a list'
        )
    return built


def check_num_steps(owner: str, localisation: nn.Module, wanted: int) -> None:
    """Raise a ValueError if a recurrent localiser takes other steps."""
    steps = getattr(localisation, 'num_steps', wanted)
    if steps != wanted:
        raise ValueError(
            f'{owner}: localisation gives one theta in each of '
            f'num_steps={steps}, but {wanted} of them are read; give '
            f'num_steps={wanted}'
        )

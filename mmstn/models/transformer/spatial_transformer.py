"""The spatial transformer: localise, make the grid, sample."""

from mmengine.model import BaseModule
from mmpretrain.registry import MODELS as ANY_MODELS
from torch import Tensor

from mmstn.models.transformer.grid import build_grid
from mmstn.registry import MODELS


@MODELS.register_module()
class SpatialTransformer(BaseModule):
    """A differentiable crop, warp or rectification learnt from the task loss.

    Source: Jaderberg et al. 2015, fig. 2.

    Args:
        localisation: Config of part 1. Starts at the identity of ``grid``
            unless it names another ``start``.
        grid: Config of part 2, which fixes the family and the output size.
        sampler: Config of part 3.
    """

    def __init__(
        self,
        localisation: dict,
        grid: dict,
        sampler: dict | None = None,
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        self.grid = build_grid(grid)
        self.localisation = ANY_MODELS.build(
            {
                'type': 'mmstn.Localisation',
                'start': self.grid.identity,
                **localisation,
            }
        )
        given = len(self.localisation.start)
        if given != len(self.grid.identity):
            raise ValueError(
                f'SpatialTransformer: localisation start has {given} numbers, '
                f'but {type(self.grid).__name__} of size {self.grid.size} '
                f'takes {len(self.grid.identity)}'
            )
        self.sampler = ANY_MODELS.build(
            sampler or dict(type='mmstn.GridSampler')
        )

    def forward(self, source: Tensor) -> Tensor:
        """Return what is attended to, ``(B, C, *out)``."""
        theta = self.localisation(source)  # (B, P)
        grid = self.grid(theta)  # (B, *out, n)
        return self.sampler(source, grid)  # (B, C, *out)

"""A loss on windows that are too small or too large."""

import torch
from torch import Tensor

from mmstn.checks import is_finite_number
from mmstn.geometry.lattice import lattice
from mmstn.models.losses.theta_loss import ThetaLoss
from mmstn.models.transformer.find import Reading
from mmstn.registry import MODELS

NOTHING = 1e-30  # a share of the source; below, there is no gradient


@MODELS.register_module()
class CollapseLoss(ThetaLoss):
    """How far the scale of a window is beyond bounds, as a logarithm.

    The scale is the edge of the window over that of the source: see
    :func:`window_scale`. Within the bounds the loss is 0, at half the smallest
    or twice the largest it is ``log(2)``; its gradient grows as the window
    shrinks.

    Args:
        weight: Factor of the loss.
        smallest: Scale below which it costs.
        largest: Scale above which it costs.

    Raises:
        ValueError: If they are not positive, or the wrong way round.
    """

    name = 'loss_collapse'

    def __init__(
        self,
        weight: float = 1.0,
        smallest: float = 0.3,
        largest: float = 1.2,
    ):
        super().__init__(weight)
        bounds = (smallest, largest)
        if not all(map(is_finite_number, bounds)) or not (
            0 < smallest <= largest
        ):
            raise ValueError(
                'CollapseLoss: smallest and largest must be scales above 0, '
                f'the smaller first, but got {smallest!r} and {largest!r}'
            )
        self.smallest, self.largest = bounds

    def loss_of(self, reading: Reading) -> Tensor:
        size = (8,) * (reading.source.ndim - 2)
        cells = lattice(size, reading.thetas.float()).flatten(0, -2)
        scale = window_scale(
            reading.family.map_points(reading.thetas, cells), cells
        )
        log_scale = scale.log().nan_to_num()
        bounds = scale.new_tensor([self.smallest, self.largest]).log()
        too_small = (bounds[0] - log_scale).relu()
        too_large = (log_scale - bounds[1]).relu()
        return (too_small + too_large).mean()

    def extra_repr(self) -> str:
        return (
            f'{super().extra_repr()}, smallest={self.smallest}, '
            f'largest={self.largest}'
        )


def window_scale(points: Tensor, cells: Tensor) -> Tensor:
    """Return the edge of windows over that of the source, ``(B,)``.

    By the spread of points about their mean: of an affine map it is the root
    of the determinant, of a bent one that of the affine map which spreads
    points as widely. A window without an area in any direction has none.
    A point that reads nowhere does not count.

    Args:
        points: ``(B, K, n)``, where ``cells`` read.
        cells: ``(K, n)``.
    """
    spread = torch.linalg.det(covariance(points))
    ratio = spread / torch.linalg.det(covariance(cells[None]))
    return ratio.clamp_min(NOTHING) ** (0.5 / cells.shape[-1])


def covariance(points: Tensor) -> Tensor:
    """Return the covariance of ``points (B, K, n)``, ``(B, n, n)``."""
    counts = points.isfinite().all(-1, keepdim=True)
    number = counts.sum(1, keepdim=True).clamp_min(1)  # (B, 1, 1)
    points = torch.where(counts, points, 0.0)
    centred = points - points.sum(1, keepdim=True) / number
    centred = torch.where(counts, centred, 0.0)
    # no matrix product: autocast would make it bfloat16
    outer = centred.unsqueeze(-1) * centred.unsqueeze(-2)
    return outer.sum(1) / number

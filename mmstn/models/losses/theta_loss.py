"""The base of losses on theta."""

from collections.abc import Sequence

import torch
from mmengine.model import ModuleList
from torch import Tensor, nn

from mmstn.checks import check_finite_number
from mmstn.models.build import build
from mmstn.models.transformer.find import Reading


class ThetaLoss(nn.Module):
    """A weighted loss on theta, the mean over the readings of a pass.

    A subclass has a ``name``, the key in the dict of losses, which must
    contain ``loss``, and overrides :meth:`loss_of`.

    Args:
        weight: Factor of the loss.
    """

    name = 'loss_theta'

    def __init__(self, weight: float = 1.0):
        super().__init__()
        check_finite_number(type(self).__name__, 'weight', weight)
        self.weight = float(weight)

    def forward(self, readings: Sequence[Reading]) -> Tensor:
        """Return the weighted loss, a scalar.

        Args:
            readings: At least one.
        """
        losses = [self.loss_of(reading) for reading in readings]
        return self.weight * torch.stack(losses).mean()

    def loss_of(self, reading: Reading) -> Tensor:
        """Return the loss of one reading, a scalar with a gradient."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        return f'weight={self.weight}'


def build_theta_losses(
    owner: str, losses: Sequence[dict | nn.Module]
) -> ModuleList:
    """Build losses on theta from configs or modules.

    Raises:
        ValueError: If one is no ``ThetaLoss``, or two have one name, under
            which ``owner`` adds each.
    """
    if isinstance(losses, (dict, ThetaLoss)):
        losses = [losses]
    built = ModuleList(map(build, losses))
    for loss in built:
        if not isinstance(loss, ThetaLoss):
            raise ValueError(
                f'{owner}: theta_losses must be losses on theta, such as '
                f'mmstn.OutsideLoss, but got a {type(loss).__name__}'
            )
    names = [loss.name for loss in built]
    if len(set(names)) < len(names):
        raise ValueError(
            f'{owner}: each of theta_losses needs its own name, but got '
            f'{", ".join(names)}'
        )
    return built

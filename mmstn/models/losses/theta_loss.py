"""The base of losses on theta."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmstn.checks import check_finite_number
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

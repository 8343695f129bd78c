"""A loss that keeps the spread of a probabilistic localiser."""

from collections.abc import Sequence
from math import log

from torch import Tensor

from mmstn.checks import is_finite_number
from mmstn.models.losses.theta_loss import ThetaLoss
from mmstn.models.transformer.find import Reading
from mmstn.registry import MODELS


@MODELS.register_module()
class PosteriorLoss(ThetaLoss):
    """The divergence of the distribution of theta from a prior.

    The loss of the head narrows the distribution, this one widens it: the
    Kullback-Leibler divergence from a normal distribution about the start of
    theta, summed over the ``P`` numbers of theta, the mean over samples and
    parallel transformers. Transformers whose localiser has no ``posterior`` do
    not count.

    Source: Schwoebel et al. 2022, with a normal prior.

    Args:
        weight: Factor of the loss.
        deviation: Of the prior, in the units of theta. With a wide one it is
            the negative entropy, up to a constant, and a number of theta that
            the head does not need may spread without end.

    Raises:
        ValueError: In a forward pass, if no localiser has a posterior.
    """

    name = 'loss_posterior'

    def __init__(self, weight: float = 1.0, deviation: float = 0.3):
        super().__init__(weight)
        if not is_finite_number(deviation) or deviation <= 0:
            raise ValueError(
                'PosteriorLoss: deviation must be a positive number, but got '
                f'{deviation!r}'
            )
        self.deviation = float(deviation)

    def forward(self, readings: Sequence[Reading]) -> Tensor:
        drawn = [reading for reading in readings if reading.posterior]
        if not drawn:
            raise ValueError(
                'PosteriorLoss: no transformer has a posterior; give one '
                "localisation=dict(type='mmstn.ProbabilisticLocalisation', "
                '...), or leave the loss out of theta_losses'
            )
        return super().forward(drawn)

    def loss_of(self, reading: Reading) -> Tensor:
        mean, log_variance = reading.posterior  # (B, [N *] P) each
        moved = mean - mean.new_tensor(reading.transformer.start)
        excess = log_variance - 2 * log(self.deviation)
        ratio = excess.exp() + (moved / self.deviation).square()
        num_params = reading.theta.shape[-1]
        return (ratio - 1 - excess).mean() * (num_params / 2)

    def extra_repr(self) -> str:
        return f'{super().extra_repr()}, deviation={self.deviation}'

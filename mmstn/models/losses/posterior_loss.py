"""A loss that keeps the spread of a probabilistic localiser."""

from collections.abc import Sequence

from torch import Tensor

from mmstn.models.losses.theta_loss import ThetaLoss
from mmstn.models.transformer.find import Reading
from mmstn.registry import MODELS


@MODELS.register_module()
class PosteriorLoss(ThetaLoss):
    """The negative entropy of theta, up to a constant.

    Half the sum of the negative log variances of the ``P`` numbers of theta;
    the mean over samples, and over parallel transformers. The loss of the
    head narrows the distribution, this one widens it. Transformers whose
    localiser has no ``posterior`` do not count.

    Source: Schwoebel et al. 2022, the divergence from a flat prior.

    Args:
        weight: Factor of the loss.

    Raises:
        ValueError: If no localiser has a posterior.
    """

    name = 'loss_posterior'

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
        log_variance = reading.posterior.log_variance  # (B, [N *] P)
        rows = log_variance.reshape(reading.thetas.shape)  # (B * N, P)
        return -rows.sum(1).mean() / 2

"""A loss that pulls theta to its start."""

from torch import Tensor

from mmstn.models.losses.theta_loss import ThetaLoss
from mmstn.models.transformer.find import Reading
from mmstn.registry import MODELS


@MODELS.register_module()
class IdentityLoss(ThetaLoss):
    """The mean squared difference of theta from its start.

    The start is that of the transformer, the identity of its family unless
    its config names another.

    Args:
        weight: Factor of the loss.
    """

    name = 'loss_identity'

    def loss_of(self, reading: Reading) -> Tensor:
        start = reading.theta.new_tensor(reading.transformer.start)
        start = start.view(reading.theta.shape[1:])  # ([N,] P)
        return (reading.theta - start).square().mean()

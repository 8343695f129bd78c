"""A loss on reading outside the source."""

from torch import Tensor

from mmstn.models.losses.theta_loss import ThetaLoss
from mmstn.models.transformer.find import Reading
from mmstn.registry import MODELS


@MODELS.register_module()
class OutsideLoss(ThetaLoss):
    """How far cells read outside the source, in half sides of it.

    The mean over up to 16 cells along each axis of the output, and over
    samples; 0 where the region is inside. A window of the whole source that
    is shifted by a half side along one axis gives 0.25. A point behind a
    camera does not count.

    Args:
        weight: Factor of the loss.
    """

    name = 'loss_outside'

    def loss_of(self, reading: Reading) -> Tensor:
        points = reading.family.read_points(reading.thetas)  # (B * N, K, n)
        return (points.abs() - 1).relu().nan_to_num().sum(-1).mean()

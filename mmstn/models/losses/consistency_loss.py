"""A loss on looking elsewhere when the source is moved."""

from math import radians

import torch
from torch import Tensor

from mmstn.checks import check_finite_number, is_finite_number
from mmstn.geometry import affine
from mmstn.geometry.sampling import sample
from mmstn.models.losses.theta_loss import ThetaLoss
from mmstn.models.transformer import Posterior
from mmstn.models.transformer.find import Reading
from mmstn.registry import MODELS


@MODELS.register_module()
class ConsistencyLoss(ThetaLoss):
    """How far a transformer looks elsewhere when its source is moved.

    Each source is turned, scaled and shifted at random and localised once
    more. A localiser that follows reads the same places: the loss is the mean
    squared distance of up to 16 cells along each axis of the output from
    where they were read before, mapped back to the source as it was, in half
    sides. 0 for a localiser that follows; one that reads the whole whatever it
    sees costs ``(2 - 2 cos(a)) * 2 / 3`` if a picture is turned by ``a``, in
    the limit of many cells.

    It compares places, not outputs, so a blank picture has no say, and any
    family will do. The gradient goes to both passes. Of a probabilistic
    localiser the means are compared. A point behind a camera does not count.
    Beyond its border the source goes on as its last pixel.

    Args:
        weight: Factor of the loss.
        angle: Largest turn, in degrees, about the centre, of pixels that are
            square; in a volume about each axis. None of a series.
        scale: Largest change of scale, either way; 1 leaves it.
        shift: Largest shift along each axis, in half sides.
    """

    name = 'loss_consistency'

    def __init__(
        self,
        weight: float = 1.0,
        angle: float = 30.0,
        scale: float = 1.2,
        shift: float = 0.1,
    ):
        super().__init__(weight)
        check_finite_number('ConsistencyLoss', 'angle', angle)
        check_finite_number('ConsistencyLoss', 'shift', shift)
        if not is_finite_number(scale) or scale <= 0:
            raise ValueError(
                'ConsistencyLoss: scale must be a positive number, but got '
                f'{scale!r}; 1 leaves the scale as it is'
            )
        self.angle, self.scale, self.shift = angle, scale, shift

    def loss_of(self, reading: Reading) -> Tensor:
        motion = self.draw(reading.source)  # from the moved source to it
        moved = sample(
            reading.source.detach(),
            affine.affine_grid(motion, reading.source.shape[2:]),
            padding='border',
        )
        transformer, family = reading.transformer, reading.family
        sampler = transformer.sampler
        is_training = sampler.training
        sampler.eval()  # what follows is no reading of the network's to log
        after = transformer.locate(moved)
        sampler.train(is_training)
        before = settled(reading.theta, reading.posterior)
        after = settled(after, transformer.posterior)
        several = before[0].numel() // family.num_params
        motions = motion.repeat_interleave(several, dim=0)
        here, there = (
            family.read_points(theta.reshape(-1, family.num_params))
            for theta in (before, after)
        )  # (B * N, K, n)
        gap = affine.apply_affine(motions.to(there), there) - here
        # before the square, whose gradient at NaN is NaN whatever follows
        gap = torch.where(gap.isfinite(), gap, 0)
        return gap.square().sum(-1).mean()

    def draw(self, source: Tensor) -> Tensor:
        """Draw a similarity of pixels for each source, ``(B, n, n + 1)``."""
        axes = source.ndim - 2
        turns = axes * (axes - 1) // 2
        draws = source.new_empty(
            (len(source), 1 + turns + axes), dtype=torch.float32
        ).uniform_(-1, 1)
        scale, turn, shift = draws.split([1, turns, axes], dim=1)
        scale, shift = self.scale**scale, self.shift * shift
        if axes == 1:
            return affine.attention_matrix(torch.cat([scale, shift], 1))
        theta = torch.cat([scale, radians(self.angle) * turn, shift], 1)
        matrix = affine.similarity_matrix(theta)
        return affine.stretch_axes(matrix, source.shape[:1:-1])

    def extra_repr(self) -> str:
        return (
            f'{super().extra_repr()}, angle={self.angle}, '
            f'scale={self.scale}, shift={self.shift}'
        )


def settled(theta: Tensor, posterior: Posterior | None) -> Tensor:
    """Return the mean of theta where it was drawn, or theta."""
    return theta if posterior is None else posterior.mean

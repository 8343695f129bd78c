"""Statistics of the thetas of a batch, and signs of a collapse in words."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mmstn.models.transformer import GridGenerator

SHARE_THRESHOLD = 0.5  # of the samples
# of the standard deviation, by how far all samples are from the start
CONSTANT_THRESHOLD = 1e-4
MOVED_THRESHOLD = 1e-2  # in normalised units; less is still the start
PERIOD = {'angle': 360}  # degrees


def mean_and_deviation(
    values: Tensor, period: float | None = None
) -> tuple[float, float]:
    """Return mean and standard deviation, circular for a periodic number.

    Args:
        values: ``(B,)``.
        period: Of the number, such as 360 for an angle in degrees, or None.
    """
    if period is None:
        return values.mean().item(), values.std(correction=0).item()
    radians = values * (2 * torch.pi / period)
    mean = torch.atan2(radians.sin().mean(), radians.cos().mean())
    apart = torch.remainder(radians - mean + torch.pi, 2 * torch.pi) - torch.pi
    both = torch.stack([mean, apart.square().mean().sqrt()])
    return tuple((both * (period / (2 * torch.pi))).tolist())


def share_outside(points: Tensor) -> Tensor:
    """Return the share of ``points (B, K, n)`` outside the source, ``(B,)``.

    A point that is NaN reads nowhere, so outside.
    """
    is_inside = (points.abs() <= 1).all(-1)
    return (~is_inside).to(points.dtype).mean(1)


def collapse_warnings(
    family: GridGenerator,
    theta: Tensor,
    start: Tensor,
    size: Sequence[int],
) -> dict[str, str]:
    """Return each way in which a transformer has collapsed, in words.

    Args:
        family: The grid generator.
        theta: ``(B, P)``, finite.
        start: ``(P,)``, given before training to every sample.
        size: Of the source.
    """
    points = family.read_points(theta)
    cells = points.new_tensor(size[::-1])
    extent = (points.amax(1) - points.amin(1)) * cells / 2  # in pixels
    linear = family.linearised(theta)[..., :-1]
    moved = (theta.mean(0) - start).abs().max()
    deviation = theta.std(0, correction=0).max()
    is_constant = len(theta) > 1 and bool(moved > MOVED_THRESHOLD)
    is_constant &= bool(deviation < CONSTANT_THRESHOLD * moved)
    found = {'constant': 'gives every sample the same theta'}
    found = found if is_constant else {}
    for cause, has_it, words in (
        ('point', (extent < 1).all(1), 'reads less than one pixel'),
        ('outside', share_outside(points) == 1, 'reads outside its source'),
        ('flipped', torch.linalg.det(linear) < 0, 'mirrors its source'),
    ):
        share = has_it.to(theta.dtype).mean().item()
        if share > SHARE_THRESHOLD:
            found[cause] = f'{words} in {share:.0%} of the samples'
    return found

"""Data sets, their transforms, sampler and collate function."""

import mmpretrain.datasets  # noqa: F401  a parent's locations: not imported

from .cub import CUB
from .digits import (
    BundledDigits,
    DigitPairs,
    DigitSequences,
    DigitVolumes,
    DistortedMNIST,
    FramedDigits,
    MovingDigits,
    PlacedDigits,
)
from .epoch_sampler import EpochSampler
from .prebuilt_batch import batch_collate
from .svhn import HouseNumbers
from .transforms import CornerNoise, PackDigits, Standardise, Turn

__all__ = [
    'CUB',
    'BundledDigits',
    'CornerNoise',
    'DigitPairs',
    'DigitSequences',
    'DigitVolumes',
    'DistortedMNIST',
    'EpochSampler',
    'FramedDigits',
    'HouseNumbers',
    'MovingDigits',
    'PackDigits',
    'PlacedDigits',
    'Standardise',
    'Turn',
    'batch_collate',
]

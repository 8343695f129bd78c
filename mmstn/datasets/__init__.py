"""Data sets, their transforms, sampler and collate function."""

import mmpretrain.datasets  # noqa: F401  a parent's locations: not imported

from .collate import batch_collate
from .cub import CUB
from .digit_pairs import DigitPairs
from .digit_volumes import DigitVolumes
from .distorted_digits import BundledDigits, DistortedMNIST
from .epoch_sampler import EpochSampler
from .house_numbers import HouseNumbers
from .transforms import PackDigits

__all__ = [
    'CUB',
    'BundledDigits',
    'DigitPairs',
    'DigitVolumes',
    'DistortedMNIST',
    'EpochSampler',
    'HouseNumbers',
    'PackDigits',
    'batch_collate',
]

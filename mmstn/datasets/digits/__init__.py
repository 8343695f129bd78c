"""Handwritten digits: their files, their distortions, and the data sets."""

from .digit_pairs import DigitPairs
from .digit_sequences import DigitSequences
from .digit_volumes import DigitVolumes
from .distorted_digits import BundledDigits, DistortedMNIST
from .framed_digits import FramedDigits
from .moving_digits import MovingDigits
from .placed_digits import PlacedDigits

__all__ = [
    'BundledDigits',
    'DigitPairs',
    'DigitSequences',
    'DigitVolumes',
    'DistortedMNIST',
    'FramedDigits',
    'MovingDigits',
    'PlacedDigits',
]

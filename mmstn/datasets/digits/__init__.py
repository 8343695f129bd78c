"""Handwritten digits: their files, their distortions, and the data sets."""

from .digit_pairs import DigitPairs
from .digit_volumes import DigitVolumes
from .distorted_digits import BundledDigits, DistortedMNIST

__all__ = ['BundledDigits', 'DigitPairs', 'DigitVolumes', 'DistortedMNIST']

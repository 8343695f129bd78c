"""Transforms of MMPretrain pipelines."""

from .corner_noise import CornerNoise
from .pack_digits import PackDigits

__all__ = ['CornerNoise', 'PackDigits']

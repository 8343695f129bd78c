"""Transforms of MMPretrain pipelines."""

from .corner_noise import CornerNoise
from .pack_digits import PackDigits
from .standardise import Standardise
from .turn import Turn

__all__ = ['CornerNoise', 'PackDigits', 'Standardise', 'Turn']

"""Spatial transformers for MMPretrain."""

from . import compat

__version__ = '0.1.0'

compat.apply()

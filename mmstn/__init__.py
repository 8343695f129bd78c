"""Spatial transformers for MMPretrain."""

from . import compat, optimizer_keys

__version__ = '0.1.0'

compat.apply()
optimizer_keys.say_unmatched()

"""Spatial transformers for MMPretrain."""

from . import compat

__version__ = '0.1.0'

compat.apply()

from . import optimizer_keys  # noqa: E402  the mends come first

optimizer_keys.say_unmatched()

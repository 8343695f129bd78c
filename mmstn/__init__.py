"""Spatial transformers for MMPretrain."""

from . import compat

__version__ = '0.1.0'

compat.apply()

from . import optimizer_keys  # noqa: E402  (apply says what it would miss)

optimizer_keys.say_unmatched()

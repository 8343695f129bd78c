"""Spatial transformers for MMPretrain."""

from . import compat
from .version import __version__ as __version__

compat.apply()

from . import optimizer_keys  # noqa: E402  the mends come first

optimizer_keys.say_unmatched()

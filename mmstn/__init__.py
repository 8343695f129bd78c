"""Spatial transformers for MMPretrain and plain PyTorch."""

from . import compat
from .front_door import PUBLIC
from .front_door import import_name as __getattr__  # noqa: F401
from .front_door import list_names as __dir__  # noqa: F401
from .version import __version__ as __version__

__all__ = list(PUBLIC)

compat.apply()

from . import optimizer_keys  # noqa: E402  the mends come first

optimizer_keys.say_unmatched()

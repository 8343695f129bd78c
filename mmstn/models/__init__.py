"""Transformers, and the backbones around them."""

import mmpretrain.models  # noqa: F401  a parent's locations are not imported

from . import backbones, data_preprocessor, heads, necks, transformer

__all__ = ['backbones', 'data_preprocessor', 'heads', 'necks', 'transformer']

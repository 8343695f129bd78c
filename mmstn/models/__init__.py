"""Transformers, and the backbones around them."""

import mmpretrain.models  # noqa: F401  a parent's locations are not imported

from . import (
    backbones,
    classifiers,
    data_preprocessor,
    heads,
    losses,
    necks,
    transformer,
)

__all__ = [
    'backbones',
    'classifiers',
    'data_preprocessor',
    'heads',
    'losses',
    'necks',
    'transformer',
]

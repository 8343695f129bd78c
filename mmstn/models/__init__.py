"""Transformers, and the backbones around them."""

import mmpretrain.models  # noqa: F401  a parent's locations are not imported

from . import backbones, classifiers, heads, losses, necks, transformer
from .backbones import *  # noqa: F403
from .classifiers import *  # noqa: F403
from .colocalisation import Colocaliser, FrozenEncoder
from .data_preprocessor import BatchPreprocessor
from .heads import *  # noqa: F403
from .losses import *  # noqa: F403
from .necks import *  # noqa: F403
from .st_gan import STGAN
from .tracker import Tracker
from .transformer import *  # noqa: F403

__all__ = [
    'STGAN',
    'BatchPreprocessor',
    'Colocaliser',
    'FrozenEncoder',
    'Tracker',
]
__all__ += backbones.__all__
__all__ += classifiers.__all__
__all__ += heads.__all__
__all__ += losses.__all__
__all__ += necks.__all__
__all__ += transformer.__all__

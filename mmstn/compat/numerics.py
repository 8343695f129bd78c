"""Let MMCV and MMPretrain compute with NumPy 2."""

import functools
import sys
from types import ModuleType

import numpy as np

from mmstn.compat.imports import after_import


def adjust_negative_hues() -> None:
    """Let ``mmcv.adjust_hue``, and so ``ColorJitter(hue=...)``, turn back.

    mmcv 2.2.0 casts a negative number by ``np.uint8``, an OverflowError from
    NumPy 2.0 on. The fork wraps it itself.
    See https://github.com/VBTI-development/onedl-mmcv/pull/41.
    """
    after_import('mmcv.image.photometric', mend_adjust_hue)


class HueFactor(float):
    """A share of the circle of hues, counted in integer steps around it."""

    def __mul__(self, steps: int) -> int:
        # towards zero and around 256, as NumPy 1 cast it to uint8
        return int(float(self) * steps) % 256


def mend_adjust_hue(photometric: ModuleType) -> None:
    """Replace ``adjust_hue`` wherever MMCV has it, if it cannot turn back."""
    usual = photometric.adjust_hue
    try:
        usual(np.zeros((1, 1, 3), np.uint8), -0.5)
        return
    except OverflowError:
        pass

    @functools.wraps(usual)
    def adjust_hue(img, hue_factor, backend=None):
        return usual(img, HueFactor(hue_factor), backend)

    for name in ('mmcv', 'mmcv.image', 'mmcv.image.photometric'):
        if hasattr(sys.modules[name], 'adjust_hue'):
            sys.modules[name].adjust_hue = adjust_hue


def find_retrieved() -> None:
    """Let ``RetrievalRecall`` and ``RetrievalAveragePrecision`` compute.

    MMPretrain 1.2.0 calls ``np.in1d``, which NumPy 2.4 no longer has.
    See https://github.com/numpy/numpy/pull/29978.
    """
    if not hasattr(np, 'in1d'):
        name = 'mmpretrain.evaluation.metrics.retrieval'
        after_import(name, mend_retrieval)


def mend_retrieval(retrieval: ModuleType) -> None:
    """Give the module, and nobody else, a NumPy that has ``in1d``."""
    numpy = ModuleType('numpy')
    vars(numpy).update(vars(np), in1d=np.isin)  # equal on vectors
    retrieval.np = numpy

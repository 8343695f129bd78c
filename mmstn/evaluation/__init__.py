"""Metrics of where transformers look."""

import mmpretrain.evaluation  # noqa: F401  a parent's locations: not imported

from .part_coverage import PartCoverage

__all__ = ['PartCoverage']

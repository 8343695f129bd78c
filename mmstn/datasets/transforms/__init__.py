"""Transforms of MMPretrain pipelines."""

from .pack_digits import PackDigits

__all__ = ['PackDigits']

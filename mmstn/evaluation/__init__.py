"""Metrics."""

from .sequence_accuracy import SequenceAccuracy

__all__ = ['SequenceAccuracy']

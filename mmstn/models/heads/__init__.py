"""Heads for several transformers, and for several digits."""

from .digit_sequence_head import DigitSequenceHead
from .parallel_head import ParallelSTHead

__all__ = ['DigitSequenceHead', 'ParallelSTHead']

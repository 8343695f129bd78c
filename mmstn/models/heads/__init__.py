"""Heads for several transformers, and for several digits."""

from .digit_sequence_head import DigitSequenceHead
from .dropout_linear_head import DropoutLinearHead
from .parallel_st_head import ParallelSTHead

__all__ = ['DigitSequenceHead', 'DropoutLinearHead', 'ParallelSTHead']

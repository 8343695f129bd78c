"""Heads for several transformers."""

from .parallel_head import ParallelSTHead

__all__ = ['ParallelSTHead']

"""CUB-200-2011: the data set, and the boxes and parts it annotates."""

from .cub import CUB

__all__ = ['CUB']

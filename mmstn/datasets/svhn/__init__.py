"""Street View House Numbers: the official list, the crops, the data set."""

from .house_numbers import HouseNumbers

__all__ = ['HouseNumbers']

"""Uniform draws, mapped to other numbers."""

import torch
from torch import Tensor


def to_range(draws: Tensor, low: float, high: float) -> Tensor:
    """Map uniform draws from [0, 1) to [low, high), uniformly."""
    return low + (high - low) * draws


def to_int(draws: Tensor, count: int) -> Tensor:
    """Map uniform draws to integers in [0, count), uniformly."""
    return (draws * count).long()


def to_other(draws: Tensor, count: int, indices: Tensor) -> Tensor:
    """Map uniform draws to integers in [0, count) but ``indices``."""
    others = to_int(draws, count - 1)
    return others + (others >= indices)


def to_normal(draws: Tensor) -> Tensor:
    """Map uniform draws to standard normal numbers."""
    return torch.special.ndtri(draws.double().clamp(min=1e-16))

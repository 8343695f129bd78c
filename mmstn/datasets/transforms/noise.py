"""Random numbers of an image: fresh each time, or always the same."""

from typing import Any

import numpy as np


def check_seed(name: str, seed: object) -> None:
    """Raise a ValueError unless ``seed`` is None or an integer from 0."""
    if seed is not None and (type(seed) is not int or seed < 0):
        raise ValueError(
            f'{name}: seed must be an integer from 0, or None for what is '
            f'fresh each time, but got {seed!r}'
        )


def noise_of(results: dict, seed: int | None) -> Any:
    """Return the generator of an image's random numbers.

    Args:
        results: With a seed they have ``sample_idx``.
        seed: The numbers then depend on it and on ``sample_idx`` alone. With
            None it is NumPy's global generator, which the transforms of
            MMPretrain draw from too.
    """
    if seed is None:
        return np.random
    return np.random.default_rng((seed, results['sample_idx']))

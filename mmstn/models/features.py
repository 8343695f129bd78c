"""What networks return."""

from typing import Any


def last_of(features: Any) -> Any:
    """Return the last output of a network; a tensor alone is that.

    Backbones of MMPretrain return a tuple, other networks a tensor.
    """
    if isinstance(features, (tuple, list)) and features:
        return features[-1]
    return features

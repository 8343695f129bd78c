"""Fields that a metric needs of a prediction."""

from collections.abc import Sequence

from torch import Tensor


def needed(
    metric: str, sample: dict, names: Sequence[str], source: str
) -> list[Tensor]:
    """Return fields of a prediction, float64 on the CPU.

    Args:
        metric: Who needs them.
        sample: The prediction, as a dict.
        names: Of the fields.
        source: The model and the data set that give them, in words.

    Raises:
        ValueError: If one is missing; says which.
    """
    for name in names:
        if sample.get(name) is None:
            raise ValueError(
                f'{metric}: a prediction has no {name}; it needs {source}'
            )
    return [sample[name].double().cpu() for name in names]

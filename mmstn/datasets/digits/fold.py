"""Small subsets of a training set, each class as often as the others."""

import numpy as np


def fold_positions(
    labels: np.ndarray, num_digits: int, fold: int
) -> np.ndarray:
    """Return the positions of the digits of one fold, in order.

    The digits of each class are shuffled once and for all, and each fold
    takes the next ``num_digits / classes`` of each. So folds of one size share
    no digit, and a larger fold is several smaller ones.

    Args:
        labels: ``(N,)``, of all digits.
        num_digits: In a fold, a multiple of the number of classes.
        fold: From 0.

    Raises:
        ValueError: If the classes cannot be equally many, or are used up.
    """
    classes = np.unique(labels)
    each, rest = divmod(num_digits, len(classes))
    if rest or each < 1:
        raise ValueError(
            f'num_digits must be a multiple of the {len(classes)} classes, so '
            f'that each has as many digits, but got {num_digits}'
        )
    generator = np.random.default_rng(0)
    chosen = []
    for label in classes:
        own = generator.permutation(np.flatnonzero(labels == label))
        if each > len(own):
            raise ValueError(
                f'num_digits must be at most {len(own) * len(classes)}, as '
                f'class {label} has {len(own)} digits, but got {num_digits}'
            )
        if fold < 0 or (fold + 1) * each > len(own):
            raise ValueError(
                f'fold must be from 0 to {len(own) // each - 1}, as class '
                f'{label} has {len(own)} digits and a fold of {num_digits} '
                f'takes {each}, but got {fold}'
            )
        chosen.append(own[fold * each : (fold + 1) * each])
    return np.sort(np.concatenate(chosen))

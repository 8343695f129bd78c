"""Check sizes, finite numbers and counts, for every constructor.

NumPy's scalars are numbers; a bool is none.
"""

from math import isfinite
from numbers import Integral, Real
from typing import TypeGuard


def is_count(value: object) -> bool:
    """Return whether ``value`` is an integer from 1 on."""
    return (
        isinstance(value, Integral)
        and not isinstance(value, bool)
        and value > 0
    )


def is_size(value: object) -> bool:
    """Return whether ``value`` is a tuple or list of counts, at least one."""
    listed = isinstance(value, (tuple, list)) and len(value) > 0
    return listed and all(map(is_count, value))


def is_finite_number(value: object) -> TypeGuard[float]:
    """Return whether ``value`` is a real number that a float can hold."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return isfinite(value)
    except OverflowError:  # an integer beyond the largest float
        return False


def check_count(owner: str, argument: str, value: object) -> None:
    """Raise a ValueError unless ``value`` is an integer from 1 on.

    Args:
        owner: The class whose argument it is.
        argument: The name of the argument.
        value: The value given.
    """
    if not is_count(value):
        raise ValueError(
            f'{owner}: {argument} must be a whole number from 1 on, but got '
            f'{value!r}'
        )


def check_whole_number(owner: str, argument: str, value: object) -> None:
    """Raise a ValueError unless ``value`` is an int from 0 on.

    Args: Of :func:`check_count`.
    """
    if type(value) is not int or value < 0:
        raise ValueError(
            f'{owner}: {argument} must be a whole number from 0, but got '
            f'{value!r}'
        )


def check_weight(owner: str, argument: str, value: object) -> None:
    """Raise a ValueError unless ``value`` is a finite number from 0 on.

    Args: Of :func:`check_count`.
    """
    if not is_finite_number(value) or value < 0:
        raise ValueError(
            f'{owner}: {argument} must be a finite number from 0 on, but got '
            f'{value!r}'
        )


def check_finite_number(owner: str, argument: str, value: object) -> None:
    """Raise a ValueError unless ``value`` is a finite number.

    Args:
        owner: The class whose argument it is.
        argument: The name of the argument.
        value: The value given.
    """
    if not is_finite_number(value):
        raise ValueError(
            f'{owner}: {argument} must be a finite number, but got {value!r}'
        )

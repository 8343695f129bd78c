"""One answer for each kind of number, wherever a config gives it."""

import numpy as np
import pytest
import torch

from mmstn.checks import (
    check_count,
    check_finite_number,
    is_count,
    is_finite_number,
    is_size,
)


@pytest.mark.parametrize('value', [1, 28, np.int64(3), np.uint8(3)])
def test_positive_integers_are_counts(value):
    assert is_count(value)
    assert is_size([value, 2])


@pytest.mark.parametrize(
    'value',
    [True, np.True_, 0, -1, 2.0, '2', None, torch.tensor(2), float('nan')],
    ids=repr,
)
def test_nothing_else_is_a_count(value):
    assert not is_count(value)
    assert not is_size((2, value))
    with pytest.raises(ValueError, match='^Who: what must be a whole number'):
        check_count('Who', 'what', value)


@pytest.mark.parametrize('value', [(), 2, '22', np.array([2, 3])], ids=repr)
def test_a_size_is_a_tuple_or_list_of_counts(value):
    assert not is_size(value)


@pytest.mark.parametrize(
    'value', [0, -1.5, 10**300, np.float32(0.5), np.float16(1), np.int8(-1)]
)
def test_integers_and_finite_floats_are_finite_numbers(value):
    assert is_finite_number(value)


@pytest.mark.parametrize(
    'value',
    [
        True,
        float('nan'),
        float('inf'),
        np.float32('-inf'),
        10**400,
        1j,
        '1',
        None,
        torch.tensor(1.0),
    ],
    ids=lambda value: str(value)[:9],
)
def test_nothing_else_is_a_finite_number(value):
    assert not is_finite_number(value)
    with pytest.raises(ValueError, match='^Who: what must be a finite number'):
        check_finite_number('Who', 'what', value)

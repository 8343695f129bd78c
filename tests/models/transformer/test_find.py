"""Transformers of a network are found by their names."""

import pytest
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch import nn

from mmstn.models.transformer import GridSampler
from mmstn.models.transformer.find import find_transformers


def pair(first, second):
    return nn.Sequential(
        *(
            MODELS.build(small_transformer(sampler=sampler))
            for sampler in (first, second)
        )
    )


def test_two_of_one_sampler_cannot_be_told_apart():
    assert list(find_transformers(pair(GridSampler(), GridSampler()))) == [
        '0',
        '1',
    ]
    shared = GridSampler()
    with pytest.raises(ValueError, match='0 and 1 share one sampler, .*own'):
        find_transformers(pair(shared, shared))


def test_one_transformer_in_two_places_is_one():
    look = MODELS.build(small_transformer())
    assert list(find_transformers(nn.Sequential(look, look))) == ['0']

"""A picture read row by row is a series."""

import pytest
import torch
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch.testing import assert_close


def build():
    return MODELS.build(dict(type='mmstn.RowsAsSeries'))


def picture():
    return torch.rand(2, 1, 5, 9, generator=torch.manual_seed(0))


def test_each_row_is_a_step_and_each_column_a_channel():
    series = build()(picture())
    assert series.shape == (2, 9, 5)
    assert_close(series[1, 7, 3], picture()[1, 0, 3, 7])


def test_a_transformer_behind_it_moves_along_the_rows():
    transformer = small_transformer(
        'AttentionGrid', (2,), source=(4,), in_channels=9, start=(0.5, 0.5)
    )
    model = MODELS.build(
        dict(
            type='mmstn.STNBackbone',
            backbone=dict(type='mmstn.PlainNet', size=(2,), in_channels=9)
            | dict(steps=[]),
            transformers=[dict(type='mmstn.RowsAsSeries'), transformer],
        )
    )
    source = picture()[:, :, :4]
    (features,) = model(source)
    assert_close(features.unflatten(1, (9, 2)), source[:, 0, 2:].mT)


@pytest.mark.parametrize('shape', [(2, 3, 5, 9), (2, 5, 9)], ids=str)
def test_what_is_no_grey_picture_is_refused(shape):
    message = 'RowsAsSeries: source must be a grey picture .* but got'
    with pytest.raises(ValueError, match=message):
        build()(torch.rand(shape))

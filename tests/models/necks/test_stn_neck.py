"""Laws of a transformer behind a backbone."""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

POOLING = dict(type='GlobalAveragePooling')
LINEAR = dict(type='LinearNeck', in_channels=4, out_channels=2, gap_dim=2)


def transformer(start, size=(6, 8)):
    trunk = dict(type='mmstn.PlainNet', size=size, steps=[], in_channels=4)
    return dict(
        type='mmstn.SpatialTransformer',
        localisation=dict(
            trunk=trunk, in_features=4 * size[0] * size[1], start=start
        ),
        grid=dict(type='mmstn.AttentionGrid', size=size),
    )


def build(start=(0.5, 0.25, 0), **kwargs):
    torch.manual_seed(0)
    cfg = dict(type='mmstn.STNNeck', transformer=transformer(start))
    return MODELS.build({**cfg, **kwargs})


def maps():
    torch.manual_seed(0)
    return torch.rand(2, 4, 6, 8), torch.rand(2, 4, 6, 8)


@pytest.mark.parametrize('neck', [POOLING, LINEAR, None])
@pytest.mark.parametrize('index', [0, 1, -1])
def test_the_neck_gets_the_maps_one_of_them_transformed(neck, index):
    model = build(neck=neck, index=index)
    expected = list(maps())
    expected[index] = model.transformer(expected[index])
    if neck is not None:
        expected = model.neck(tuple(expected))
    assert_close(model(maps()), tuple(expected))


def test_an_identity_changes_nothing():
    bare = MODELS.build(POOLING)(maps())
    assert_close(build((1, 0, 0), neck=POOLING)(maps()), bare)


def test_a_checkpoint_of_the_bare_neck_loads_and_so_does_its_own():
    model, trained = build(neck=LINEAR), build(neck=LINEAR)
    torch.manual_seed(1)
    bare = MODELS.build(LINEAR)
    missing, unexpected = model.load_state_dict(bare.state_dict(), False)
    assert unexpected == []
    assert all(name.startswith('transformer.') for name in missing)
    assert_close(model.neck.state_dict(), bare.state_dict())
    trained.transformer.localisation.regressor.bias.data.fill_(3)
    model.load_state_dict(trained.state_dict(), strict=True)
    assert_close(model.state_dict(), trained.state_dict())


@pytest.mark.parametrize('index', [2, -3])
def test_a_map_that_is_not_there_is_refused(index):
    with pytest.raises(ValueError, match=rf'index={index} must name one'):
        build(index=index)(maps())


def test_tokens_are_refused():
    with pytest.raises(ValueError, match=r'returned \(2, 5, 16\)'):
        build()((torch.rand(2, 5, 16),))

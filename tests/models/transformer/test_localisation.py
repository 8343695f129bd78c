"""Laws of part 1: theta starts where it is told, whatever comes in."""

import numpy as np
import pytest
import torch
from mmengine.model import PretrainedInit, Sequential
from mmpretrain.registry import MODELS
from torch.testing import assert_close

from mmstn.models.transformer import Localisation

START = (0.5, 0.25, -0.125)
TRUNK = dict(type='mmstn.PlainNet', size=(6, 4), steps=[dict(fc=8)])
LOCALISATION = dict(
    type='mmstn.Localisation', trunk=TRUNK, in_features=8, start=START
)
TRANSFORMER = dict(
    type='mmstn.SpatialTransformer',
    localisation=LOCALISATION,
    grid=dict(type='mmstn.AttentionGrid', size=(6, 4)),
)
BACKBONE = dict(
    type='mmstn.STNBackbone', backbone=TRUNK, transformers=[TRANSFORMER]
)
CLASSIFIER = dict(
    type='ImageClassifier',
    backbone=BACKBONE,
    head=dict(type='LinearClsHead', num_classes=2, in_channels=8),
)
ANCESTORS = [LOCALISATION, TRANSFORMER, BACKBONE, CLASSIFIER]
GREEDY = {
    'normal': dict(type='Normal', layer='Linear', std=1, bias=3),
    'constant': dict(type='Constant', layer='Linear', val=2, bias=3),
    'truncated': dict(type='TruncNormal', layer='Linear', std=1, bias=3),
    'kaiming': dict(type='Kaiming', layer=['Linear', 'Conv2d'], bias=3),
    'list': [
        dict(type='Xavier', layer='Conv2d'),
        dict(type='Normal', layer='Linear', std=1, bias=3),
    ],
}


def build(cfg=LOCALISATION, **kwargs):
    torch.manual_seed(0)
    return MODELS.build({**cfg, **kwargs})


def localisation(model) -> Localisation:
    (found,) = (m for m in model.modules() if isinstance(m, Localisation))
    return found


def sources(batch=3):
    torch.manual_seed(1)
    return torch.randn(batch, 1, 6, 4)


def check_starts(model):
    theta = localisation(model)(sources())
    assert_close(theta, torch.tensor([START] * 3), atol=0, rtol=0)


def moved(model):
    """Let the model forget its start, as training does."""
    torch.nn.init.normal_(localisation(model).regressor.weight)
    torch.nn.init.normal_(localisation(model).regressor.bias)
    return model


@pytest.mark.parametrize('batch', [1, 3])
@pytest.mark.parametrize('level', [0, 1, 1e6])
def test_the_start_is_given_for_every_input(batch, level):
    theta = build()(level * sources(batch))
    assert_close(theta, torch.tensor([START] * batch), atol=0, rtol=0)


def test_the_trunk_reaches_theta_once_the_regressor_moves():
    model = moved(build())
    expected = model.regressor(model.trunk(sources())[0])
    assert_close(model(sources()), expected)
    assert (model(sources()).std(0) > 0.01).all()


@pytest.mark.parametrize('init_cfg', GREEDY.values(), ids=GREEDY)
@pytest.mark.parametrize('cfg', ANCESTORS, ids=lambda cfg: cfg['type'])
def test_the_start_survives_a_greedy_init_cfg(cfg, init_cfg):
    model = build(cfg, init_cfg=init_cfg)
    model.init_weights()
    assert_close(
        localisation(model).trunk.steps.fc1.bias, torch.full((8,), 3.0)
    )
    check_starts(model)


def test_the_start_survives_an_ancestor_many_levels_up():
    model = Sequential(
        Sequential(build(CLASSIFIER)), init_cfg=GREEDY['constant']
    )
    model.init_weights()
    check_starts(model)


@pytest.mark.parametrize('cfg', ANCESTORS, ids=lambda cfg: cfg['type'])
def test_a_second_init_weights_keeps_what_was_learnt(cfg):
    model = build(cfg)
    model.init_weights()
    learnt = localisation(moved(model))(sources())
    model.init_weights()
    localisation(model).init_weights()
    assert_close(localisation(model)(sources()), learnt, atol=0, rtol=0)


@pytest.mark.parametrize('kind', ['Pretrained', PretrainedInit])
@pytest.mark.parametrize('in_a_list', [False, True])
@pytest.mark.parametrize('cfg', ANCESTORS, ids=lambda cfg: cfg['type'])
def test_pretrained_weights_are_kept(cfg, in_a_list, kind, tmp_path):
    model = moved(build(cfg))
    torch.save(model.state_dict(), tmp_path / 'weights.pth')
    init_cfg = dict(type=kind, checkpoint=str(tmp_path / 'weights.pth'))
    again = build(
        cfg, init_cfg=[init_cfg, GREEDY['normal']] if in_a_list else init_cfg
    )
    again.init_weights()
    expected = localisation(model)(sources())
    assert_close(localisation(again)(sources()), expected, atol=0, rtol=0)


def test_autocast_leaves_theta_in_float32():
    model = moved(build())
    with torch.autocast('cpu', torch.bfloat16):
        (features,) = model.trunk(sources())
        theta = model(sources())
    assert features.dtype == torch.bfloat16
    assert theta.dtype == torch.float32
    assert_close(theta, model.regressor(features.float()), atol=0, rtol=0)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_a_half_precision_model_gives_its_own_precision(dtype):
    theta = build().to(dtype)(sources().to(dtype))
    assert_close(theta, torch.tensor([START] * 3, dtype=dtype))


@pytest.mark.parametrize('in_features', [0, '8', True, 8.0])
def test_in_features_must_be_a_number(in_features):
    with pytest.raises(ValueError, match='whole number from 1 on, but got'):
        build(in_features=in_features)


def test_a_start_may_be_an_array():
    assert build(start=np.array(START)).start == build(start=START).start


@pytest.mark.parametrize('start', [['a'], [1.0, float('nan')], []], ids=str)
def test_a_start_must_be_finite_numbers(start):
    with pytest.raises(ValueError, match='start must be finite numbers'):
        build(start=start)


def test_a_wrong_in_features_is_refused_when_a_trunk_knows():
    trunk = dict(type='mmstn.PlainNet', size=(6, 4), steps=[dict(fc=8)])
    message = 'in_features=5, but the trunk gives 8; set in_features to that'
    with pytest.raises(ValueError, match=message):
        build(trunk=trunk, in_features=5)


def test_a_wrong_in_features_is_said_with_the_right_one():
    trunk = dict(type='ResNet', depth=18, in_channels=1)
    message = r'in_features=5, but the trunk gives 512 .* of size \(6, 4\)'
    with pytest.raises(ValueError, match=message):
        build(trunk=trunk, in_features=5).eval()(sources())


def test_a_trunk_may_return_a_tensor():
    model = build(trunk=dict(type='GlobalAveragePooling'), in_features=1)
    torch.nn.init.normal_(model.regressor.weight)
    expected = model.regressor(sources().mean((2, 3)))
    assert_close(model(sources()), expected)


@pytest.mark.parametrize(
    ('output', 'given'),
    [
        (dict(features=torch.ones(3, 1)), 'dict'),
        ((), 'tuple'),
        (torch.ones(3), r'a tensor \(3,\)'),
    ],
    ids=str,
)
def test_a_trunk_without_features_is_refused(output, given):
    class Wrong(torch.nn.Module):
        def forward(self, source):
            return output

    model = build(trunk=Wrong(), in_features=1)
    message = f'Wrong must return features, a tensor .* but gave {given}$'
    with pytest.raises(TypeError, match=message):
        model(sources())


def test_in_features_are_filled_in_by_a_trunk_that_knows():
    model = MODELS.build(
        dict(type='mmstn.Localisation', trunk=TRUNK, start=START)
    )
    assert model.regressor.in_features == 8
    check_starts(model)


def test_in_features_that_nobody_knows_are_asked_for():
    trunk = dict(type='ResNet', depth=18, in_channels=1)
    message = 'in_features is missing, and trunk ResNet .* set in_features'
    with pytest.raises(ValueError, match=message):
        build(trunk=trunk, in_features=None)


def test_a_trunk_may_be_a_module():
    trunk = MODELS.build(TRUNK)
    model = build(trunk=trunk)
    assert model.trunk is trunk


def test_the_last_of_several_features_is_taken():
    class Several(torch.nn.Module):
        def forward(self, source):
            return source.new_full((1, 8), 9.0), source.flatten(1)[:, :8]

    model = build()
    model.trunk = Several()
    torch.nn.init.normal_(model.regressor.weight)
    source = sources(1)
    expected = model.regressor(source.flatten(1)[:, :8])
    assert_close(model(source), expected)

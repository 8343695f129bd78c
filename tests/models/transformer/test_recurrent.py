"""One theta after another, from a start, with a state between."""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn
from torch.testing import assert_close

from mmstn.models.transformer import RecurrentLocalisation

STARTS = [[0.5, -0.5, 0.0], [0.5, 0.5, 0.0]]
TRUNK = dict(type='mmstn.PlainNet', size=(6, 4), steps=[dict(fc=8)])
PARALLEL = dict(
    type='mmstn.ParallelSpatialTransformer',
    num_transformers=2,
    localisation=dict(
        type='mmstn.RecurrentLocalisation',
        trunk=TRUNK,
        num_steps=2,
        hidden_dim=5,
    ),
    starts=STARTS,
    grid=dict(type='mmstn.AttentionGrid', size=(3, 2)),
)
exactly = dict(atol=0, rtol=0)


def build(cfg=PARALLEL, **kwargs):
    torch.manual_seed(0)
    return MODELS.build({**cfg, **kwargs})


def source(batch=3):
    torch.manual_seed(1)
    return torch.rand(batch, 1, 6, 4)


def moved(transformer):
    nn.init.normal_(transformer.localisation.regressor.weight)
    return transformer


@pytest.mark.parametrize('batch', [1, 3])
@pytest.mark.parametrize(
    'init_cfg',
    [None, dict(type='Normal', layer='Linear', std=1, bias=3)],
    ids=['plain', 'greedy'],
)
def test_each_step_starts_where_it_is_told(batch, init_cfg):
    transformer = build(init_cfg=init_cfg)
    transformer.init_weights()
    theta = transformer.locate(source(batch))
    assert_close(theta, torch.tensor([STARTS] * batch), **exactly)


def test_steps_are_those_of_a_recurrent_network():
    part = moved(build()).localisation
    features = part.trunk(source())[0]
    unit = nn.GRU(8, 5, batch_first=True)
    for name, weight in part.memory.named_parameters():
        getattr(unit, f'{name}_l0').data = weight.data
    states, _ = unit(features.unsqueeze(1).expand(-1, 2, -1))
    expected = torch.tensor(STARTS) + part.regressor(states)
    assert_close(part(source()), expected.flatten(1))


def test_states_carried_by_hand_are_those_of_a_pass():
    part = moved(build()).localisation
    single = RecurrentLocalisation(
        part.trunk, (0.5, 0.0, 0.0), num_steps=1, hidden_dim=5
    )
    single.load_state_dict(part.state_dict())
    first, state = single.step(source())
    second, _ = single.step(source(), state)
    shift = torch.tensor(STARTS) - torch.tensor(single.start)
    given = torch.stack([first, second], dim=1) + shift
    assert_close(part(source()), given.flatten(1))
    assert not torch.allclose(first, second)


def test_several_thetas_are_not_given_step_by_step():
    with pytest.raises(ValueError, match='start has those of num_steps=2'):
        build().localisation.step(source())


def test_every_parameter_gets_a_gradient():
    transformer = moved(build())
    transformer(source()).square().sum().backward()
    for name, weight in transformer.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.any(), name


def test_autocast_leaves_state_and_theta_in_float32():
    part = moved(build()).localisation
    with torch.autocast('cpu', torch.bfloat16):
        theta = part(source())
    assert theta.dtype == torch.float32
    assert_close(theta, part(source()), atol=0.05, rtol=0)


def test_steps_that_do_not_divide_the_start_are_refused():
    with pytest.raises(ValueError, match='num_steps=4 does not divide the 6'):
        build(localisation=dict(PARALLEL['localisation'], num_steps=4))


@pytest.mark.parametrize(('steps', 'given'), [(2, 3), (1, 3), (2, None)])
def test_as_many_steps_as_thetas_are_read(steps, given):
    cfg = dict(
        type=f'mmstn.{"Parallel" * bool(given)}SpatialTransformer',
        localisation=dict(PARALLEL['localisation'], num_steps=steps),
        grid=dict(type='mmstn.AffineGrid', size=(4, 4)),
    )
    if given:
        cfg['num_transformers'] = given
    message = f'num_steps={steps}, but {given or 1} of them are read'
    with pytest.raises(ValueError, match=message):
        MODELS.build(cfg)


@pytest.mark.parametrize('is_shared', [True, False])
def test_steps_that_each_see_another_source_would_forget(is_shared):
    part = dict(type='mmstn.RecurrentLocalisation', trunk=TRUNK)
    cfg = dict(
        type='mmstn.IterativeSpatialTransformer',
        num_steps=2,
        localisation=part if is_shared else [part] * 2,
        grid=dict(type='mmstn.AffineGrid', size=(6, 4)),
    )
    with pytest.raises(ValueError, match='a RecurrentLocalisation remembers'):
        MODELS.build(cfg)


@pytest.mark.parametrize('name', ['num_steps', 'hidden_dim'])
def test_counts_are_whole_positive_numbers(name):
    with pytest.raises(ValueError, match=f'{name} must be a whole number'):
        build(localisation={**PARALLEL['localisation'], name: 0})


def test_features_of_another_length_are_refused():
    part = dict(type='mmstn.RecurrentLocalisation', start=(1.0, 0, 0))
    part = build(part, trunk=nn.Flatten(), in_features=24)
    with pytest.raises(ValueError, match='in_features=24, but the trunk'):
        part(torch.rand(2, 1, 5, 5))

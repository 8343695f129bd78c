"""A record of draws: the window of the mean, and a few of its draws."""

import pytest
import torch
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch.testing import assert_close

from mmstn.attention.record import record_attention
from mmstn.models.transformer.find import find_transformers
from mmstn.models.transformer.probabilistic import drawing

DRAWN = small_transformer(deviation=0.2, start=(0.5, 0.1, -0.2))
INSIDE = small_transformer(before='steps.fc1') | dict(before='steps.flatten')


def network(*transformers, channels=1, num_draws=3):
    net = dict(type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=6)])
    torch.manual_seed(0)
    backbone = dict(
        type='mmstn.STNBackbone',
        backbone=net | dict(in_channels=channels),
        transformers=list(transformers),
    )
    head = dict(type='LinearClsHead', num_classes=3, in_channels=6)
    kind = 'mmstn.STNClassifier'
    cfg = dict(type=kind, backbone=backbone, head=head, num_draws=num_draws)
    return MODELS.build(cfg).eval()


def recorded(model):
    picture = torch.rand(2, 1, 8, 8)
    with record_attention(find_transformers(model), picture) as record:
        model(picture, mode='predict')
    return record


def test_the_window_is_that_of_the_mean():
    (glimpse,) = recorded(network(DRAWN)).glimpses
    start = torch.tensor([[0.5, 0.1, -0.2]] * 2)
    assert_close(glimpse.theta, start)


@pytest.mark.parametrize('num_draws', [None, 3])
def test_a_few_draws_spread_as_the_posterior_does(num_draws):
    model = network(DRAWN, num_draws=num_draws)
    (glimpse,) = recorded(model).glimpses
    apart = glimpse.draws - glimpse.theta.unsqueeze(1)  # (2, K, P)
    assert 0.5 * 0.2 < apart.std() < 1.5 * 0.2
    assert len(glimpse.drawn) == 6
    borders = torch.stack([g.outline() for g in glimpse.drawn])
    assert (borders.std(0) > 0).all()


def test_a_transformer_behind_one_that_draws_has_one_glimpse():
    glimpses = recorded(network(DRAWN, INSIDE)).glimpses
    assert len(glimpses) == 2
    assert glimpses[1].draws is None
    assert glimpses[1].drawn == []


def test_each_of_parallel_transformers_has_its_draws():
    starts = [(0.5, -0.4, 0.0), (0.5, 0.4, 0.0)]
    parallel = small_transformer(
        deviation=0.1, num_transformers=2, starts=starts
    )
    model = network(parallel, channels=2)
    glimpses = recorded(model).glimpses
    for glimpse, start in zip(glimpses, starts, strict=True):
        assert_close(glimpse.theta[0], torch.tensor(start))
        assert (glimpse.draws[0].mean(0)[1] - start[1]).abs() < 0.2
    assert (glimpses[0].draws - glimpses[1].draws)[..., 0].abs().min() > 0


def test_draws_are_passed_over():
    model = network(DRAWN, num_draws=None)
    with drawing(model.drawn_localisers(), (0, 0)):
        assert recorded(model).glimpses == []


def test_a_localiser_that_does_not_draw_has_none():
    model = network(small_transformer(), num_draws=None)
    (glimpse,) = recorded(model).glimpses
    assert glimpse.draws is None

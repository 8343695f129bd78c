"""Laws of the house number classifier."""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn
from torch.testing import assert_close

pytestmark = pytest.mark.slow


def build(**kwargs):
    torch.manual_seed(0)
    return MODELS.build(dict(type='mmstn.HouseNumberCNN', **kwargs))


def test_it_has_the_papers_layers():
    net = build(size=(64, 64))
    layers = [
        (type(step).__name__, getattr(step, 'out_channels', None))
        for step in net.steps
        if isinstance(step, (nn.Conv2d, nn.MaxPool2d))
    ]
    pool = ('MaxPool2d', None)
    filters = [48, pool, 64, 128, pool, 160, 192, pool, 192, 192, pool, 192]
    assert layers == [f if f == pool else ('Conv2d', f) for f in filters]
    full = [step for step in net.steps if isinstance(step, nn.Linear)]
    assert [(f.in_features, f.out_features) for f in full] == 3 * [
        (3072, 3072)
    ]
    assert net.out_features == 3072


@pytest.mark.parametrize('size', [(64, 64), (37, 50)], ids=str)
def test_it_is_the_net_one_would_write_by_hand(size):
    net = build(size=size).eval()

    def conv(before, after):
        return [nn.Conv2d(before, after, 5, padding=2), nn.ReLU()]

    def full(before, after):
        return [nn.Linear(before, after), nn.ReLU()]

    def pool():
        return nn.MaxPool2d(2, ceil_mode=True)

    cells = net.steps.fc1.in_features
    expected = nn.Sequential(
        *[*conv(3, 48), pool(), *conv(48, 64), *conv(64, 128), pool()],
        *[*conv(128, 160), *conv(160, 192), pool()],
        *[*conv(192, 192), *conv(192, 192), pool(), *conv(192, 192)],
        *[nn.Flatten(), *full(cells, 3072)],
        *[*full(3072, 3072), *full(3072, 3072)],
    )
    own = net.state_dict().values()
    names = expected.state_dict()
    expected.load_state_dict(dict(zip(names, own, strict=True)))
    source = torch.rand(2, 3, *size)
    assert_close(net(source), (expected(source),))


def test_dropout_is_behind_every_layer_but_the_first():
    kinds = [
        type(step).__name__
        for step in build(size=(64, 64)).steps
        if isinstance(step, (nn.Conv2d, nn.Linear, nn.Dropout))
    ]
    assert kinds == ['Conv2d'] + 7 * ['Conv2d', 'Dropout'] + (
        3 * ['Linear', 'Dropout']
    )


def test_a_start_keeps_the_size_of_what_flows():
    net = build(size=(64, 64)).eval()
    net.init_weights()
    (features,) = net(torch.randn(8, 3, 64, 64))
    assert 0.1 < features.std() < 10
    assert not net.steps.conv1.bias.any()


def test_another_start_can_be_asked_for():
    constant = dict(type='Constant', val=0.5, layer='Conv2d')
    net = build(size=(64, 64), init_cfg=constant)
    net.init_weights()
    assert (net.steps.conv8.weight == 0.5).all()

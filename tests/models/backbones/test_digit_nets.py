"""The digit classifiers equal the paper's appendix A.4."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.registry import MODELS
from torch.testing import assert_close


def build(name, size, **kwargs):
    torch.manual_seed(0)
    cfg = dict(type=f'mmstn.{name}', size=size, **kwargs)
    return MODELS.build(cfg)


def image(size):
    torch.manual_seed(1)
    return torch.rand(2, 1, *size)


def averaged(source, cells):
    return F.avg_pool2d(source, cells, ceil_mode=True)


@pytest.mark.parametrize('downsample', [1, 2, 3])
@pytest.mark.parametrize('size', [(28, 28), (42, 42), (31, 20)], ids=str)
def test_the_fcn_is_two_layers_of_units(size, downsample):
    net = build('DigitFCN', size, hidden_dim=16, downsample=downsample)
    source = image(size)
    first = net.steps.fc1(averaged(source, downsample).flatten(1)).relu()
    assert_close(net(source), (net.steps.fc2(first).relu(),))
    assert net.out_features == 16
    assert net.steps.fc2.weight.shape == (16, 16)


@pytest.mark.parametrize('downsample', [1, 2])
@pytest.mark.parametrize('size', [(60, 60), (42, 42), (43, 60)], ids=str)
def test_the_cnn_is_nine_then_seven_cells_wide(size, downsample):
    net = build('DigitCNN', size, channels=4, downsample=downsample)
    source = averaged(image(size), downsample)
    weights = net.state_dict()
    first = F.conv2d(
        source, weights['steps.conv1.weight'], weights['steps.conv1.bias']
    )
    first = F.max_pool2d(first.relu(), 2, ceil_mode=True)
    second = F.conv2d(
        first, weights['steps.conv2.weight'], weights['steps.conv2.bias']
    )
    second = F.max_pool2d(second.relu(), 2, ceil_mode=True)
    (features,) = net(image(size))
    assert_close(features, second.flatten(1))
    assert net.out_features == features.shape[1]
    assert weights['steps.conv1.weight'].shape == (4, 1, 9, 9)
    assert weights['steps.conv2.weight'].shape == (4, 4, 7, 7)


@pytest.mark.parametrize(
    ('name', 'width'), [('DigitFCN', 'hidden_dim'), ('DigitCNN', 'channels')]
)
def test_digit_nets_take_several_channels(name, width):
    net = build(name, (42, 31), in_channels=3, **{width: 4})
    source = torch.rand(2, 3, 42, 31)
    (features,) = net(source)
    assert features.shape == (2, net.out_features)
    (moved,) = net(source.roll(1, 1))
    assert not torch.equal(moved, features)


def test_a_canvas_too_small_for_the_cnn_is_refused():
    message = r"'kernel': 7} does not fit what reaches it, of size \(6, 6\)"
    with pytest.raises(ValueError, match=message):
        build('DigitCNN', (20, 20), channels=4)

"""Laws of small networks written as a list of steps."""

import re
from collections import OrderedDict

import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn
from torch.testing import assert_close

STEPS = [
    dict(conv=4, kernel=3),
    dict(pool='max', size=2),
    dict(conv=5, kernel=2),
    dict(pool='avg', size=2),
    dict(fc=7),
    dict(fc=6),
]


def build(size, steps, in_channels=1):
    torch.manual_seed(0)
    cfg = dict(size=size, steps=steps, in_channels=in_channels)
    return MODELS.build(dict(type='mmstn.PlainNet', **cfg))


def by_hand(axes):
    """The net of STEPS for sources (2, 8), (2, 8, 13) or (2, 8, 13, 9)."""
    conv, largest, mean = (
        getattr(nn, f'{layer}{axes}d')
        for layer in ('Conv', 'MaxPool', 'AvgPool')
    )
    torch.manual_seed(0)
    return nn.Sequential(
        OrderedDict(
            conv1=conv(2, 4, 3),
            relu1=nn.ReLU(),
            pool1=largest(2, ceil_mode=True),
            conv2=conv(4, 5, 2),
            relu2=nn.ReLU(),
            pool2=mean(2, ceil_mode=True),
            flatten=nn.Flatten(),
            fc1=nn.Linear(5 * (1, 3, 6)[axes - 1], 7),
            relu3=nn.ReLU(),
            fc2=nn.Linear(7, 6),
            relu4=nn.ReLU(),
        )
    )


@pytest.mark.parametrize('size', [(8,), (8, 13), (8, 13, 9)], ids=str)
@pytest.mark.parametrize('batch', [1, 3])
def test_it_is_the_net_one_would_write_by_hand(size, batch):
    net, expected = build(size, STEPS, 2), by_hand(len(size))
    expected.load_state_dict(net.steps.state_dict())
    source = torch.rand(batch, 2, *size)
    (features,) = net(source)
    assert_close(features, expected(source))
    assert net.out_features == 6


@pytest.mark.parametrize('kind', ['max', 'avg'])
@pytest.mark.parametrize('window', [1, 2, 5])
@pytest.mark.parametrize('side', [1, 2, 5, 9, 10, 30])
def test_a_last_window_hangs_over_the_edge_as_in_torch(side, window, kind):
    net = build((side, 4), [dict(pool=kind, size=window)])
    pool = nn.MaxPool2d if kind == 'max' else nn.AvgPool2d
    source = torch.rand(2, 1, side, 4)
    expected = pool(window, ceil_mode=True)(source).flatten(1)
    assert_close(net(source), (expected,))
    assert net.out_features == expected.shape[1]


@pytest.mark.parametrize('kernel', [1, 2, 5])
@pytest.mark.parametrize('side', [5, 30])
def test_a_convolution_is_not_padded(side, kernel):
    net = build((side, 6), [dict(conv=3, kernel=kernel)])
    expected = net.steps.conv1(torch.rand(1, 1, side, 6))
    assert net.out_features == expected.numel()


@pytest.mark.parametrize('size', [(5,), (5, 4), (4, 5, 3)], ids=str)
@pytest.mark.parametrize(('kernel', 'pad'), [(5, 2), (4, 2), (3, 3), (7, 2)])
def test_a_padded_convolution_is_torchs(size, kernel, pad):
    net = build(size, [dict(conv=3, kernel=kernel, pad=pad)], 2)
    source = torch.rand(2, 2, *size)
    conv = net.steps.conv1
    zeros = nn.functional.pad(source, [pad] * 2 * len(size))
    convolve = getattr(torch, f'conv{len(size)}d')
    expected = convolve(zeros, conv.weight, conv.bias).relu().flatten(1)
    assert_close(net(source), (expected,))
    assert net.out_features == expected.shape[1]


def test_dropout_sets_its_share_to_zero_in_training_alone():
    net = build((40, 50), [dict(pool='max', size=1), dict(dropout=0.2)])
    assert isinstance(net.steps.dropout1, nn.Dropout)
    source = torch.ones(1, 1, 40, 50)
    (features,) = net(source)
    assert (features == 0).double().mean() == pytest.approx(0.2, abs=0.03)
    assert_close(features.max(), torch.tensor(1.25))
    assert_close(net.eval()(source), (source.flatten(1),))


def test_no_steps_return_the_source():
    source = torch.rand(2, 3, 4, 5)
    assert_close(build((4, 5), [], 3)(source), (source.flatten(1),))


def test_every_parameter_gets_a_gradient():
    net = build((8, 13), STEPS, 2)
    net(torch.rand(4, 2, 8, 13))[0].sum().backward()
    assert [name for name, p in net.named_parameters() if p.grad is None] == []


@pytest.mark.parametrize(
    'step',
    [
        dict(deconv=3, kernel=2),
        dict(conv=3),
        dict(conv=3, kernel=2, dilation=2),
        dict(conv=3, kernel=2, pad=0),
        dict(conv=3, pad=2),
        dict(conv=True, kernel=2),
        dict(pool='max'),
        dict(pool='min', size=2),
        dict(pool='max', size=2, stride=1),
        dict(pool='max', size=2, pad=1),
        dict(max=2),
        dict(dropout=0.0),
        dict(dropout=1.0),
        dict(dropout=1),
        dict(pool='avg', size=0),
        dict(fc=2.5),
        dict(kernel=2),
        dict(),
        'max',
    ],
    ids=repr,
)
def test_an_unknown_step_is_refused(step):
    message = 'PlainNet: a step is .* but got ' + re.escape(str(step))
    with pytest.raises(ValueError, match=message):
        build((8, 8), [step])


def test_the_order_within_a_step_is_free():
    net = build((8, 8), [dict(kernel=3, conv=2)])
    assert net.steps.conv1.kernel_size == (3, 3)


@pytest.mark.parametrize(
    ('size', 'steps', 'reached'),
    [
        ((5, 9), [dict(conv=2, kernel=6)], '(5, 9)'),
        ((9, 5), [dict(conv=2, kernel=6)], '(9, 5)'),
        (
            (4, 4, 4),
            [dict(pool='max', size=2), dict(conv=2, kernel=3)],
            '(2, 2, 2)',
        ),
        ((4, 4), [dict(fc=2), dict(conv=2, kernel=1)], '()'),
        ((4, 4), [dict(fc=2), dict(conv=2, kernel=1, pad=1)], '()'),
        ((2, 4), [dict(conv=2, kernel=5, pad=1)], '(2, 4)'),
        ((4, 4), [dict(fc=2), dict(pool='avg', size=2)], '()'),
        ((2, 4, 4), [dict(pool='avg', size=3)], '(2, 4, 4)'),
    ],
    ids=str,
)
def test_a_step_that_does_not_fit_is_refused(size, steps, reached):
    message = re.escape(
        f'{steps[-1]} does not fit what reaches it, of size {reached}'
    )
    with pytest.raises(ValueError, match=message):
        build(size, steps)


@pytest.mark.parametrize('size', [(), (2, 3, 4, 5), 8], ids=repr)
def test_an_unusable_size_is_refused_by_name(size):
    message = r'PlainNet: size must be \(L,\), .* but got '
    with pytest.raises(ValueError, match=message):
        build(size, [dict(fc=2)])


@pytest.mark.parametrize(
    'shape', [(2, 1, 8, 9), (2, 3, 8, 8), (2, 1, 8, 8, 8), (8, 8)], ids=str
)
def test_another_source_is_refused(shape):
    net = build((8, 8), [dict(fc=2)])
    message = re.escape(f"sources ('B', 1, 8, 8), but got {shape}; set size")
    with pytest.raises(ValueError, match=message):
        net(torch.rand(shape))


def test_a_stride_leaves_out_places():
    steps = [dict(conv=2, kernel=3, pad=1, stride=4)]
    torch.manual_seed(0)
    sparse = MODELS.build(
        dict(type='mmstn.PlainNet', size=(9, 12), steps=steps)
    )
    image = torch.rand(1, 1, 9, 12)
    weight, bias = sparse.steps.conv1.weight, sparse.steps.conv1.bias
    dense = torch.nn.functional.conv2d(image, weight, bias, padding=1)
    expected = dense.relu()[..., ::4, ::4].flatten(1)
    torch.testing.assert_close(sparse(image)[0], expected)
    assert sparse.out_features == 2 * 3 * 3

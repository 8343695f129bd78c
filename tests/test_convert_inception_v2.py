"""A converted network is the public one, written down apart from ours."""

import argparse
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.registry import MODELS
from torch.testing import assert_close

TOOL = Path(__file__).parents[1] / 'tools/convert_inception_v2.py'
tool = runpy.run_path(str(TOOL))
exactly = dict(atol=0, rtol=0)
# input, 1x1, 3x3 reduce, 3x3, double reduce, double (twice), pool projection
BLOCKS = {
    '3a': (192, 64, 64, 64, 64, 96, 32),
    '3b': (256, 64, 64, 96, 64, 96, 64),
    '3c': (320, 0, 128, 160, 64, 96, 0),
    '4a': (576, 224, 64, 96, 96, 128, 128),
    '4b': (576, 192, 96, 128, 96, 128, 128),
    '4c': (576, 160, 128, 160, 128, 160, 128),
    '4d': (608, 96, 128, 192, 160, 192, 128),
    '4e': (608, 0, 128, 192, 192, 256, 0),
    '5a': (1056, 352, 192, 320, 160, 224, 128),
    '5b': (1024, 352, 192, 320, 192, 224, 128),
}


def convolutions():
    """Return the name of each convolution, and its weight's shape."""
    shapes = {
        'conv1_7x7_s2': (64, 3, 7, 7),
        'conv2_3x3_reduce': (64, 64, 1, 1),
        'conv2_3x3': (192, 64, 3, 3),
    }
    for name, row in BLOCKS.items():
        source, single, reduce, three, narrow, double, pool = row
        block = {
            '1x1': (single, source, 1, 1),
            '3x3_reduce': (reduce, source, 1, 1),
            '3x3': (three, reduce, 3, 3),
            'double_3x3_reduce': (narrow, source, 1, 1),
            'double_3x3_1': (double, narrow, 3, 3),
            'double_3x3_2': (double, double, 3, 3),
            'pool_proj': (pool, source, 1, 1),
        }
        for layer, shape in block.items():
            if shape[0]:
                shapes[f'inception_{name}_{layer}'] = shape
    return shapes


def state_dict(flat=True):
    """Return random weights; the older file has norms of ``(1, C)``."""
    torch.manual_seed(0)
    state = {}
    for name, shape in convolutions().items():
        fan_in = shape[1] * shape[2] * shape[3]
        state[f'{name}.weight'] = torch.randn(shape) * (2 / fan_in) ** 0.5
        state[f'{name}.bias'] = torch.randn(shape[0])
        norm = (shape[0],) if flat else (1, shape[0])
        state[f'{name}_bn.weight'] = torch.rand(norm) + 0.5
        state[f'{name}_bn.bias'] = torch.randn(norm) * 0.1
        state[f'{name}_bn.running_mean'] = torch.randn(norm)
        state[f'{name}_bn.running_var'] = torch.rand(norm) + 0.5
    state['last_linear.weight'] = torch.randn(1000, 1024)
    state['last_linear.bias'] = torch.randn(1000)
    return state


def features(state, source):
    """Return the last map of the network with these weights."""

    def layer(name, x, stride=1):
        weight = state[f'{name}.weight']
        padding = weight.shape[-1] // 2
        x = F.conv2d(x, weight, state[f'{name}.bias'], stride, padding)
        parts = ('running_mean', 'running_var', 'weight', 'bias')
        norm = [state[f'{name}_bn.{part}'].flatten() for part in parts]
        return F.batch_norm(x, *norm).relu()

    def half(x):
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    x = half(layer('conv1_7x7_s2', source, 2))
    x = half(layer('conv2_3x3', layer('conv2_3x3_reduce', x)))
    for name, row in BLOCKS.items():
        prefix, stride = f'inception_{name}_', 1 if row[1] else 2
        branches = [layer(f'{prefix}1x1', x)] if row[1] else []
        reduced = layer(f'{prefix}3x3_reduce', x)
        branches.append(layer(f'{prefix}3x3', reduced, stride))
        reduced = layer(f'{prefix}double_3x3_reduce', x)
        reduced = layer(f'{prefix}double_3x3_1', reduced)
        branches.append(layer(f'{prefix}double_3x3_2', reduced, stride))
        if not row[1]:
            branches.append(half(x))
        else:
            pool = F.max_pool2d if name == '5b' else F.avg_pool2d
            branches.append(layer(f'{prefix}pool_proj', pool(x, 3, 1, 1)))
        x = torch.cat(branches, 1)
    return x


def classifier(**backbone):
    return MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='mmstn.InceptionV2', **backbone),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(
                type='LinearClsHead', num_classes=1000, in_channels=1024
            ),
        )
    ).eval()


@pytest.mark.slow
@pytest.mark.parametrize('flat', [True, False])
def test_the_converted_network_gives_what_the_public_one_gives(flat):
    state = state_dict(flat)
    model = classifier()
    model.load_state_dict(tool['convert'](state), strict=True)
    source = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        expected = features(state, source)
        found = model.extract_feat(source, stage='backbone')[-1]
        assert_close(found, expected, atol=1e-3, rtol=1e-3)
        pooled = expected.mean((2, 3))
        logits = F.linear(
            pooled, state['last_linear.weight'], state['last_linear.bias']
        )
        assert_close(model(source), logits, atol=1e-2, rtol=1e-3)


def test_there_and_back_every_tensor_is_the_same():
    state = state_dict()
    ours = tool['convert'](state)
    back = {
        f'last_linear.{part}': ours[f'head.fc.{part}']
        for part in ('weight', 'bias')
    }
    for name, theirs in tool['layers']().items():
        bias = state[f'{theirs}.bias']
        back[f'{theirs}.bias'] = bias
        back[f'{theirs}.weight'] = ours[f'backbone.{name}.conv.weight']
        for part in ('weight', 'bias', 'running_mean', 'running_var'):
            value = ours[f'backbone.{name}.bn.{part}']
            value = value + bias if part == 'running_mean' else value
            back[f'{theirs}_bn.{part}'] = value
    assert_close(back, state)


def without(state):
    del state['inception_4c_pool_proj_bn.bias']


def with_more(state):
    state['inception_3c_1x1.weight'] = torch.zeros(1)


def misshapen(state):
    state['inception_5b_3x3.weight'] = torch.zeros(320, 192, 1, 1)


@pytest.mark.parametrize(
    ('spoil', 'message'),
    [
        (without, r'missing: inception_4c_pool_proj_bn.bias \(1\), left over'),
        (with_more, r'left over: inception_3c_1x1.weight \(1\)'),
        (misshapen, r'inception_5b.three.1.conv.weight must be \(320, 192, 3'),
    ],
)
def test_another_layout_is_refused_by_name(spoil, message):
    state = state_dict()
    spoil(state)
    with pytest.raises(ValueError, match=message):
        tool['convert'](state)


@pytest.mark.parametrize('content', [{}, [1], argparse.Namespace(a=1), None])
def test_a_file_that_is_refused_is_named(
    tmp_path, monkeypatch, capsys, content
):
    path = tmp_path / 'public.pth'
    torch.save(content, path) if content != {} else path.write_bytes(b'no')
    monkeypatch.setattr(sys, 'argv', ['convert', str(path), 'ours.pth'])
    with pytest.raises(SystemExit) as stop:
        tool['main']()
    said = capsys.readouterr().err
    assert stop.value.code == 1
    assert said.startswith(f'{path}: ')
    assert said.count('\n') == 1
    assert not re.search('weights_only|safe_globals|arbitrary', said)


@pytest.mark.slow
def test_the_command_writes_what_a_config_loads(tmp_path):
    paths = [tmp_path / 'public.pth', tmp_path / 'new' / 'ours.pth']
    state = state_dict()
    state['conv2_3x3_bn.num_batches_tracked'] = torch.tensor(7)
    torch.save(state, paths[0])
    subprocess.run([sys.executable, TOOL, *paths], check=True)
    model = classifier(
        init_cfg=dict(
            type='Pretrained', checkpoint=str(paths[1]), prefix='backbone.'
        )
    )
    model.init_weights()
    expected = tool['convert'](state)
    found = model.backbone.state_dict(prefix='backbone.')
    assert_close(found, {name: expected[name] for name in found}, **exactly)

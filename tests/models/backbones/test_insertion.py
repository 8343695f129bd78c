"""A place that cannot work is refused with those that do."""

import re

import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn
from torch.testing import assert_close

from mmstn.models.backbones.insertion import working_places

SWIN = dict(embed_dims=16, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])
BACKBONES = {
    'ResNet': dict(type='ResNet', depth=18),
    'VGG': dict(type='VGG', depth=11),
    'SwinTransformer': dict(
        type='SwinTransformer', img_size=32, window_size=1, arch=SWIN
    ),
    'HRNet': dict(type='HRNet', arch='w18'),
    'VisionTransformer': dict(
        type='VisionTransformer', arch='deit-tiny', img_size=32
    ),
    'MobileNetV2': dict(type='MobileNetV2', widen_factor=0.25),
    'InceptionV2': dict(type='mmstn.InceptionV2'),
    'ConvNeXt': dict(type='ConvNeXt', arch='atto'),
}
UNUSABLE = [
    ('VGG', 'features', 'no call'),
    ('SwinTransformer', 'stages.1', r'a tensor \(1, 16, 32\) and a tuple'),
    ('SwinTransformer', 'stages.1.blocks.0.norm1', r'a tensor \(1, 16, 32\)'),
    ('HRNet', 'stage2.0', 'a list'),
    ('VisionTransformer', 'layers.1', r'a tensor \(1, 5, 192\)'),
    (
        'ResNet',
        'layer1.0.relu',
        'one map, then one map',
    ),
]


def image():
    torch.manual_seed(0)
    return torch.rand(1, 3, 32, 32)


def build(backbone, *transformers):
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type='mmstn.STNBackbone',
            backbone=backbone,
            transformers=list(transformers),
        )
    )
    model.eval()
    return model


@pytest.mark.slow
@pytest.mark.parametrize(('name', 'place', 'got'), UNUSABLE)
def test_an_unusable_place_says_what_it_received(
    name, place, got, transformer
):
    model = build(BACKBONES[name], transformer((8, 8), place))
    message = (
        f'before {place!r} of {name} needs .* but it got: ({got})\\. '
        'Places that work: '
    )
    with pytest.raises(ValueError, match=message):
        model(image())


@pytest.mark.slow
@pytest.mark.parametrize('choice', [0, -1])
@pytest.mark.parametrize(('name', 'place', 'got'), UNUSABLE)
def test_the_places_named_instead_do_work(
    name, place, got, choice, transformer, size_before
):
    model = build(BACKBONES[name], transformer((8, 8), place))
    with pytest.raises(ValueError, match='Places that work: ') as error:
        model(image())
    named = str(error.value).split('Places that work: ')[1].split(', ')
    net = MODELS.build(BACKBONES[name])
    net.eval()
    size = size_before(net, named[choice], image())
    other = build(BACKBONES[name], transformer(size, named[choice]))
    net.load_state_dict(other.backbone.state_dict())
    assert_close(other(image()), net(image()), atol=1e-4, rtol=1e-4)


def test_places_near_the_one_wanted_come_first():
    net = MODELS.build(BACKBONES['ResNet'])
    places = working_places(net, image(), near='layer3', most=4)
    assert places == ['layer3', 'layer3.0', 'layer3.1', 'conv1']


def test_places_that_work_are_on_every_path_to_the_output():
    net = MODELS.build(BACKBONES['ResNet'])
    places = working_places(net, image(), near='', most=1000)
    stages = [f'layer{stage}' for stage in (1, 2, 3, 4)]
    blocks = [f'{stage}.{block}' for stage in stages for block in (0, 1)]
    assert places == ['conv1', 'bn1', 'relu', 'maxpool', *stages, *blocks]


@pytest.mark.slow
def test_the_second_call_of_a_place_is_not_transformed(transformer):
    inserted = transformer((16, 16), 'relu')
    trunk = dict(
        type='mmstn.PlainNet', size=(16, 16), in_channels=64, steps=[]
    )
    inserted['localisation'] |= dict(trunk=trunk, in_features=64 * 256)
    model = build(BACKBONES['HRNet'], inserted)
    # the second source has (8, 8), which the localiser could not take
    with pytest.raises(ValueError, match='it got: one map, then one map'):
        model(image())


def test_places_are_sought_with_what_reaches_the_backbone(transformer):
    net = dict(
        type='mmstn.PlainNet',
        size=(32, 32),
        in_channels=3,
        steps=[dict(pool='max', size=4), dict(fc=2)],
    )
    model = build(net, transformer((32, 32)), transformer((8, 8), 'steps.fc1'))
    with pytest.raises(
        ValueError, match='Places that work: steps, steps.pool1'
    ):
        model(torch.rand(1, 3, 50, 40))


def test_a_refusal_changes_nothing(transformer):
    model = build(BACKBONES['ResNet'], transformer((8, 8), 'layer1.0.relu'))
    model.train()
    with pytest.raises(ValueError, match='Places that work: '):
        model(image().repeat(2, 1, 1, 1))
    assert model.backbone.bn1.training
    assert model.backbone.bn1.num_batches_tracked == 1


@pytest.fixture
def said(monkeypatch):
    """The lines that are logged, in order."""
    lines = []
    monkeypatch.setattr(
        'mmstn.models.backbones.stn_backbone.print_log',
        lambda line, *args: lines.append(line),
    )
    return lines


@pytest.mark.slow
@pytest.mark.parametrize(
    ('name', 'place', 'size', 'bypassed'),
    [
        ('ResNet', 'layer2.0', (8, 8), False),
        ('ResNet', 'layer2.0.conv1', (8, 8), True),
        ('ResNet', 'layer2.0.downsample', (8, 8), True),
        ('HRNet', 'layer1', (8, 8), False),
        ('HRNet', 'stage2.0.branches.0', (8, 8), True),
        ('VGG', 'features.3', (16, 16), False),
        ('VisionTransformer', 'patch_embed', (32, 32), False),
        ('MobileNetV2', 'layer3.1', (4, 4), False),
        ('MobileNetV2', 'layer3.1.conv', (4, 4), True),
        ('MobileNetV2', 'layer2.0.conv.1', (16, 16), False),  # no skip there
        ('InceptionV2', 'stages.1.inception_3a', (4, 4), False),
        ('InceptionV2', 'stages.1.inception_3a.one', (4, 4), True),
        ('ConvNeXt', 'stages.1.0', (4, 4), False),
        ('ConvNeXt', 'stages.1.0.depthwise_conv', (4, 4), True),
    ],
)
def test_a_bypassed_transformer_is_named_once(
    name, place, size, bypassed, transformer, said
):
    inserted = [transformer((32, 32)), transformer(size, place)]
    model = build(BACKBONES[name], *inserted)
    model(image())
    assert said == []  # it is of no use to whom only predicts
    model.train()
    for _ in range(2):
        model(image().repeat(2, 1, 1, 1))
    assert len(said) == bypassed
    assert all(f'before {place!r} of {name} is bypassed' in s for s in said)


def test_a_bypassed_place_is_answered_with_what_surrounds_it(
    transformer, said
):
    place = 'layer2.0.conv1'
    model = build(BACKBONES['ResNet'], transformer((8, 8), place))
    model.train()
    model(image().repeat(2, 1, 1, 1))
    (line,) = said
    named = line.split('all paths go through: ')[1].split(', ')
    assert named[:4] == ['layer2.0', 'layer2', 'layer2.1', 'conv1']
    assert model.backbone.bn1.num_batches_tracked == 1
    assert model.backbone.bn1.training


@pytest.mark.parametrize('wants', [False, True])
def test_the_pass_that_is_watched_gives_what_others_give(wants, transformer):
    gradients = []
    model = build(BACKBONES['ResNet'], transformer((8, 8), 'layer2.0'))
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    for _ in range(2):
        model.train()
        for norm in norms:
            norm.eval()
        model.zero_grad()
        source = image().requires_grad_(wants)
        model(source)[0].square().sum().backward()
        found = [parameter.grad for parameter in model.parameters()]
        gradients.append([*found, *([source.grad] if wants else [])])
    assert_close(*gradients, atol=0, rtol=0)


@pytest.mark.parametrize('place', ['layer2.7', 'layr2', '', 'fc'])
def test_a_submodule_that_does_not_exist_is_refused(place, transformer):
    message = f'before={place!r}, but ResNet has no such submodule; near names'
    with pytest.raises(ValueError, match=message):
        build(BACKBONES['ResNet'], transformer((8, 8), place))


@pytest.mark.parametrize(
    ('name', 'place', 'near'),
    [
        ('ResNet', 'layer2.0.cnv1', r'layer2\.1, layer2\.0, '),
        ('VGG', 'feature.4', r'features\.4, '),
        ('mmstn.PlainNet', 'steps.cnv2', r'steps\.conv2, '),
    ],
)
def test_near_names_are_near_and_bypass_nothing(
    name, place, near, transformer
):
    net = BACKBONES.get(name) or dict(
        type=name, size=(9, 9), steps=[dict(conv=2, kernel=3)] * 2
    )
    with pytest.raises(ValueError, match=f'near names: {near}') as error:
        build(net, transformer((4, 4), place))
    assert 'layer2.0.conv1' not in str(error.value)


def test_a_list_of_modules_is_refused_with_its_members(transformer):
    message = re.escape("before='layers' is a ModuleList") + '.*layers.0, '
    with pytest.raises(ValueError, match=message):
        build(BACKBONES['VisionTransformer'], transformer((4, 4), 'layers'))


@pytest.mark.parametrize('transformers', [[], None, 7], ids=repr)
def test_transformers_must_be_a_list_of_some(transformers):
    cfg = dict(backbone=BACKBONES['ResNet'], transformers=transformers)
    message = 'must be a config, or a list of at least one config, but got '
    with pytest.raises(ValueError, match=message):
        MODELS.build(dict(type='mmstn.STNBackbone', **cfg))

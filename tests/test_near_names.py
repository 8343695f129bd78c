"""A name that is not registered is answered with those near it."""

import re

import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain import registry as theirs
from small_transformer import small_transformer

from mmstn import registry as ours
from mmstn.models.build import build
from mmstn.models.transformer import AffineGrid


@pytest.mark.parametrize('owner', [theirs, ours], ids=['mmpretrain', 'mmstn'])
@pytest.mark.parametrize(
    ('name', 'given', 'near'),
    [
        ('MODELS', 'SpatialTransfomer', 'mmstn.SpatialTransformer, '),
        ('MODELS', 'stn_backbone', 'mmstn.STNBackbone'),
        ('DATASETS', 'BundledDigit', 'mmstn.BundledDigits'),
        ('HOOKS', 'ThetaMonitrHook', 'mmstn.ThetaMonitorHook, '),
        ('METRICS', 'SequenceAcuracy', 'mmstn.SequenceAccuracy'),
        ('HOOKS', 'Qqqq', 'none'),
    ],
)
def test_a_mistyped_name_of_ours_is_answered_with_near_ones(
    owner, name, given, near
):
    message = re.escape(f"type='mmstn.{given}': mmstn has no such ")
    registry = getattr(owner, name)
    with pytest.raises(ValueError, match=f'{message}.*near names: {near}'):
        registry.build(dict(type=f'mmstn.{given}'))


@pytest.mark.parametrize(
    ('given', 'near'),
    [
        ('Resnet', r'ResNet\b'),
        ('PlainNet', r'mmstn\.PlainNet\b'),
        ('SpatialTransformer', r'mmstn\.SpatialTransformer\b'),
    ],
)
def test_a_mistyped_part_is_answered_with_near_names_of_both(given, near):
    with (
        DefaultScope.overwrite_default_scope('mmpretrain'),
        pytest.raises(ValueError, match=f"type='{given}': .*names: {near}"),
    ):
        build(dict(type=given))


def test_a_part_without_a_type_is_shown():
    with pytest.raises(ValueError, match=r"needs a type, but got {'size': 8}"):
        build(dict(size=8))


@pytest.mark.parametrize('count', [None, 2])
def test_a_missing_grid_is_answered_with_the_families(count):
    cfg = small_transformer(num_transformers=count)
    del cfg['grid']
    with pytest.raises(
        ValueError, match=r'mmstn\.TPSGrid.*, but it is missing'
    ):
        build(cfg)


def test_a_mistyped_grid_is_answered_with_near_families():
    with pytest.raises(ValueError, match=r'near names: mmstn\.AffineGrid'):
        build(small_transformer('AfineGrid'))


def test_whether_a_name_is_there_can_be_asked():
    assert 'AffineGrid' in ours.MODELS
    assert 'mmstn.AffineGrid' in ours.MODELS
    assert 'AfineGrid' not in ours.MODELS
    assert 'mmstn.AfineGrid' not in ours.MODELS


@pytest.mark.parametrize('given', ['linear', 3, torch.nn.Linear])
def test_a_sampler_that_is_no_part_is_shown(given):
    cfg = small_transformer(sampler=given)
    with pytest.raises(ValueError, match='must be a module, or a config'):
        build(cfg)


def test_the_class_of_a_grid_is_not_yet_a_grid():
    cfg = small_transformer()
    for given in (AffineGrid, 'AffineGrid'):
        cfg['grid'] = given
        with pytest.raises(ValueError, match='AffineGrid.*or an instance'):
            build(cfg)

"""Families and transformers of third parties work everywhere."""

import cv2
import numpy as np
import pytest
import third_parties
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from small_transformer import small_transformer
from third_parties import FAMILIES
from torch.testing import assert_close

from mmstn.apis import STNInferencer, as_json
from mmstn.attention.record import record_attention
from mmstn.attention.regions import find_regions
from mmstn.attention.statistics import collapse_warnings
from mmstn.hooks.theta_monitor import numbers
from mmstn.models.transformer.find import find_transformers
from mmstn.visualization.attention_sheet import attention_sheet

every_family = pytest.mark.parametrize('family', FAMILIES)
every_number = pytest.mark.parametrize('count', [None, 1, 3])
PREPROCESSOR = dict(type='ClsDataPreprocessor')


def source():
    return torch.rand(2, 1, 8, 8, generator=torch.manual_seed(0))


def network(family, count):
    return torch.nn.Sequential(
        MODELS.build(small_transformer(family, num_transformers=count))
    )


def record(model, picture):
    transformers = find_transformers(model)
    with record_attention(transformers, picture) as seen, torch.no_grad():
        model(picture)
    return seen


def test_the_log_polar_family_is_among_them():
    assert 'LogPolarGrid' in FAMILIES
    assert len(FAMILIES) >= 7
    assert third_parties.LogPolarGrid.__module__ == 'third_parties'


@every_family
@every_number
def test_every_family_is_recorded_drawn_and_told_as_regions(family, count):
    seen = record(network(family, count), source())
    assert len(seen.glimpses) == (count or 1)
    samples = [DataSample(), DataSample()]
    preprocessor = MODELS.build(PREPROCESSOR)
    picture = attention_sheet(seen, samples, preprocessor, None)
    assert picture.dtype == np.uint8
    regions = find_regions(
        seen,
        [lambda points: points] * 2,
        lambda values, source: values.numpy(),
    )
    for glimpse, region in zip(seen.glimpses, regions[1], strict=True):
        corners = len(region['outline'])
        assert corners == (4 if glimpse.family.is_straight else 256)
        expected = glimpse.outline()[1, :: 256 // corners].double()
        assert_close(torch.from_numpy(region['outline']), expected)


@every_family
@every_number
def test_every_family_is_monitored(family, count):
    (glimpse, *_) = record(network(family, count), source()).glimpses
    theta, grid = glimpse.theta, glimpse.family
    logged = numbers(grid, theta)
    assert all(np.isfinite(value) for value in logged.values())
    assert logged.keys() > {'outside'}
    assert not collapse_warnings(grid, theta, theta[0], (8, 8))


@every_family
def test_the_linear_map_at_the_centre_is_the_slope_there(family):
    grid = MODELS.build(dict(type=f'mmstn.{family}', size=(8, 8)))
    torch.manual_seed(0)
    theta = torch.tensor([grid.identity, grid.identity]).double()
    if family != 'TPSGrid':  # of a spline it is a fit
        theta = theta + 0.1 * torch.randn_like(theta)
    found = grid.linearised(theta)
    step = 1e-4
    for axis in range(2):
        points = torch.zeros(2, 2).double()
        points[0, axis], points[1, axis] = step, -step
        ahead, behind = grid.map_points(theta, points).unbind(1)
        slope = (ahead - behind) / (2 * step)
        assert_close(found[..., axis], slope, atol=1e-4, rtol=0)
    centre = grid.map_points(theta, torch.zeros(1, 2))[:, 0]
    assert_close(found[..., 2], centre)


@every_family
def test_every_family_works_in_the_inferencer(family, tmp_path):
    pipeline = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]
    net = dict(
        type='mmstn.PlainNet', size=(8, 8), in_channels=3, steps=[dict(fc=6)]
    )
    backbone = dict(
        type='mmstn.STNBackbone',
        backbone=net,
        transformers=[small_transformer(family, in_channels=3)],
    )
    cfg = dict(
        model=dict(
            type='ImageClassifier',
            backbone=backbone,
            head=dict(type='LinearClsHead', num_classes=3, in_channels=6),
        ),
        test_dataloader=dict(dataset=dict(type='CUB', pipeline=pipeline)),
    )
    image = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    inferencer = STNInferencer(Config(cfg), pretrained=False)
    (result,) = inferencer(str(tmp_path / 'a.png'))
    (region,) = as_json(result)['regions']
    assert len(region['outline']) in (4, 256)


def two_steps(family='AttentionGrid', **others):
    cfg = small_transformer(family, steps=[dict(fc=4)], **others)
    return MODELS.build(cfg | dict(type='mmstn.TwoSteps'))


def test_two_steps_of_a_half_are_drawn_at_a_quarter():
    model = torch.nn.Sequential(two_steps(start=(0.5, 0.0, 0.0)))
    (glimpse,) = record(model, source()).glimpses
    assert_close(glimpse.theta, torch.tensor([[0.25, 0, 0]] * 2))
    quarter = torch.tensor([[2.5, 2.5], [4.5, 2.5], [4.5, 4.5], [2.5, 4.5]])
    assert_close(glimpse.outline()[0, ::64], quarter)
    assert_close(glimpse.output, model(source()))


def test_a_transformer_behind_two_steps_is_placed_by_the_composed_theta():
    after = small_transformer(start=(0.5, 0, 0))
    model = torch.nn.Sequential(
        two_steps(start=(0.5, 0.5, 0.0)), MODELS.build(after)
    )
    first, second = record(model, source()).glimpses
    assert second.source.lineage == (first,)
    # 0.5 * (0.5 x + 0.5) + 0.5 = 0.25 x + 0.75, and half of that
    corner = second.read_input(torch.tensor([[1.0, 1.0]]))[0, 0]
    assert_close(corner, torch.tensor([0.875, 0.125]))

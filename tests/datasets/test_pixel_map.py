"""The map says where MMPretrain's own transforms put each pixel."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmengine.config import Config
from mmpretrain.datasets.transforms import Resize as ResizeClass
from mmpretrain.registry import TRANSFORMS
from torch.testing import assert_close

from mmstn.datasets.pixel_map import (
    PixelMap,
    geometric_steps,
    pixel_map,
)

CONFIGS = Path(__file__).parents[2] / 'configs'
PACK = dict(type='PackInputs')
EDGE = dict(type='ResizeEdge', scale=64, edge='short')
CROP = dict(type='CenterCrop', crop_size=56)
FLIP = dict(type='RandomFlip', prob=1.0, direction='horizontal')
PIPELINES = dict(
    none=[],
    birds=[EDGE, CROP],
    flipped=[EDGE, CROP, FLIP],
    flipped_first=[FLIP, EDGE, CROP],
    upside_down=[EDGE, dict(FLIP, direction='vertical'), CROP],
    half_a_turn=[EDGE, CROP, dict(FLIP, direction='diagonal')],
    left_alone=[EDGE, dict(FLIP, prob=0.0), CROP],
    long=[dict(EDGE, edge='long')],
    width=[dict(EDGE, edge='width', scale=101)],
    height=[dict(EDGE, edge='height', scale=37)],
    stretched=[dict(type='Resize', scale=(90, 41))],
    square=[dict(type='Resize', scale=77)],
    within=[dict(type='Resize', scale=(90, 41), keep_ratio=True)],
    by_factor=[dict(type='Resize', scale_factor=(1.37, 0.73))],
    odd=[dict(type='CenterCrop', crop_size=(31, 20))],
    too_large=[dict(type='CenterCrop', crop_size=(64, 20))],
    padded=[dict(type='CenterCrop', crop_size=(71, 20), auto_pad=True)],
    padded_below=[dict(type='CenterCrop', crop_size=(30, 66), auto_pad=True)],
    twice=[EDGE, CROP, dict(type='Resize', scale=(30, 90))],
    photometric=[
        dict(type='Normalize', mean=[0] * 3, std=[1] * 3, to_rgb=False),
        EDGE,
        CROP,
    ],
    scoped=[
        dict(type='mmpretrain.ResizeEdge', scale=64, edge='short'),
        dict(type='mmcv.CenterCrop', crop_size=56),
    ],
    from_base=[dict(EDGE, _scope_='mmpretrain')],
    lazy=[dict(type=ResizeClass, scale=(90, 41))],
)
SIZES = [(50, 71), (71, 50), (60, 60), (49, 200)]


def ramp(size):
    """An image in which each pixel is its own ``(x, y, 0)``."""
    y, x = np.indices(size, dtype=np.float32)
    return np.stack([x, y, 0 * x], -1)


def through(pipeline, size):
    """Return the ramp behind the real transforms, and its data sample."""
    packed = Compose([TRANSFORMS.build(cfg) for cfg in [*pipeline, PACK]])(
        dict(img=ramp(size), img_shape=size, ori_shape=size)
    )
    return packed['inputs'], packed['data_samples']


def positions(size):
    y, x = torch.meshgrid(*map(torch.arange, size), indexing='ij')
    return torch.stack([x, y], -1).double()


@pytest.mark.parametrize('size', SIZES, ids=str)
@pytest.mark.parametrize('name', PIPELINES)
def test_each_pixel_of_the_input_shows_the_place_it_is_mapped_to(name, size):
    inputs, sample = through(PIPELINES[name], size)
    found = pixel_map(geometric_steps(PIPELINES[name]), sample)
    assert found.size == tuple(inputs.shape[1:])
    # apart from the rim, where a resize holds the border's value
    read = found.to_image(positions(found.size))[2:-2, 2:-2]
    shown = inputs[:2].permute(1, 2, 0).double()[2:-2, 2:-2]
    last = torch.tensor([size[1] - 1, size[0] - 1])
    inner = ((read >= 0) & (read <= last)).all(-1)  # the rest is padding
    assert inner.double().mean() > 0.6
    # OpenCV interpolates in steps of 1/32 pixel or finer
    assert_close(shown[inner], read[inner], atol=0.02, rtol=0)


@pytest.mark.parametrize('name', PIPELINES)
def test_back_and_forth_is_the_same_point(name):
    _, sample = through(PIPELINES[name], (50, 71))
    found = pixel_map(geometric_steps(PIPELINES[name]), sample)
    points = torch.rand(2, 5, 2, generator=torch.manual_seed(0)) * 50
    assert_close(found.to_image(found.to_input(points)), points)
    assert_close(found.to_input(found.to_image(points)), points)


def test_a_resize_keeps_edges_and_not_centres():
    found = PixelMap((10, 20)).resized((20, 60))
    corners = torch.tensor([[-0.5, -0.5], [19.5, 9.5], [0.0, 0.0]])
    expected = torch.tensor([[-0.5, -0.5], [59.5, 19.5], [1.0, 0.5]])
    assert_close(found.to_input(corners), expected)


@pytest.mark.parametrize('seed', range(4))
def test_a_draw_of_the_flip_is_followed(seed):
    np.random.seed(seed)  # noqa: NPY002  what the transform draws from
    pipeline = [
        dict(FLIP, prob=[0.4, 0.4], direction=['horizontal', 'vertical'])
    ]
    inputs, sample = through(pipeline, (6, 9))
    found = pixel_map(geometric_steps(pipeline), sample)
    shown = inputs[:2].permute(1, 2, 0).double()
    assert_close(shown, found.to_image(positions((6, 9))))


@pytest.mark.parametrize(
    ('kind', 'named'),
    [
        ('RandomResizedCrop', "'RandomResizedCrop'"),
        ('Rotate', "'Rotate'"),
        ('RandomCrop', "'RandomCrop'"),
        ('Pad', "'Pad'"),
        ('torchvision/Resize', "'torchvision/Resize'"),
        ('NoSuchStep', "'NoSuchStep'"),
        (dict, "<class 'dict'>"),
    ],
)
def test_unknown_transforms_are_refused_by_name(kind, named):
    with pytest.raises(ValueError, match=f'cannot follow .* {named}'):
        geometric_steps([EDGE, dict(type=kind), PACK])


def test_two_draws_of_which_a_sample_tells_one_are_refused():
    with pytest.raises(ValueError, match='more than one RandomFlip'):
        geometric_steps([FLIP, EDGE, FLIP])


def test_another_pipeline_than_that_of_the_samples_is_refused():
    _, sample = through([EDGE, CROP], (50, 71))
    with pytest.raises(ValueError, match=r'\(64, 90\), but the data sample'):
        pixel_map(geometric_steps([EDGE]), sample)


@pytest.mark.parametrize('missing', ['ori_shape', 'img_shape', 'flip'])
def test_a_sample_that_does_not_tell_is_refused(missing):
    _, sample = through([FLIP], (50, 71))
    meta = sample.to_dict()
    del meta[missing]
    with pytest.raises(ValueError, match=f'has no {missing}; the meta_keys'):
        pixel_map(geometric_steps([FLIP]), meta)


@pytest.mark.parametrize('name', ['stn_cub_4x', 'stn_cub_vit'])
def test_the_test_pipelines_of_the_birds_are_followed(name):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    pipeline = cfg.test_dataloader.dataset.pipeline
    found = pixel_map(
        geometric_steps(pipeline),
        dict(ori_shape=(333, 500), img_shape=(448, 448)),
    )
    assert found.size == (448, 448)


def test_signs_of_one_brightness_are_followed():
    cfg = Config.fromfile(CONFIGS / 'signs/stn.py')
    steps = geometric_steps(cfg.test_dataloader.dataset.pipeline)
    found = pixel_map(steps, dict(ori_shape=(72, 18), img_shape=(36, 36)))
    assert found == PixelMap((36, 36), scale=(2, 0.5), shift=(0.5, -0.25))


def test_a_digit_that_keeps_its_size_keeps_its_pixels():
    steps = geometric_steps([dict(type='mmstn.PackDigits')])
    found = pixel_map(steps, dict(ori_shape=(28, 20), img_shape=(28, 20)))
    assert found == PixelMap((28, 20))


@pytest.mark.parametrize('size', [(28, 28), (20, 41), (90, 60), (43, 200)])
def test_a_digit_is_followed_onto_its_canvas(size):
    pipeline = [dict(type='mmstn.PackDigits', canvas=42)]
    (step,) = geometric_steps(pipeline)
    x, y = (
        step.transform(
            dict(img=axis.astype(np.uint8), ori_shape=size, img_shape=size)
        )
        for axis in np.indices(size)[::-1]
    )
    found = pixel_map([step], x['data_samples'])
    assert found.size == (42, 42)
    read = found.to_image(positions(found.size))
    shown = torch.cat([x['inputs'], y['inputs']]).permute(1, 2, 0).double()
    last = torch.tensor([size[1] - 1, size[0] - 1])
    inner = ((read >= 2) & (read <= last - 2)).all(-1)
    assert inner.double().mean() > 0.1
    assert_close(shown[inner], read[inner], atol=0.6, rtol=0)  # whole numbers

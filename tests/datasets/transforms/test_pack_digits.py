"""Laws of packing."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from mmstn.datasets import PackDigits

GREY = np.arange(28 * 20).astype(np.uint8).reshape(28, 20)


def pack(image, **results):
    return PackDigits(canvas=42).transform(dict(img=image, **results))


def test_a_small_image_stands_in_the_middle():
    expected = torch.zeros(1, 42, 42, dtype=torch.uint8)
    expected[0, 7:35, 11:31] = torch.from_numpy(GREY)
    assert_close(pack(GREY)['inputs'], expected)


@pytest.mark.parametrize(
    'image', [GREY, GREY[..., None].repeat(2, 2), np.ones((4, 3, 5, 1), 'u1')]
)
def test_without_a_canvas_an_image_keeps_its_size(image):
    packed = PackDigits().transform(dict(img=image, img_shape=image.shape))
    expected = image[..., None] if image.ndim == 2 else image
    assert_close(packed['inputs'].movedim(0, -1).numpy(), expected)
    assert packed['data_samples'].img_shape == expected.shape[:-1]


@pytest.mark.parametrize('canvas', [0, 42.0, (42, 42), True])
def test_a_canvas_that_is_no_size_is_refused(canvas):
    with pytest.raises(ValueError, match='canvas must be an integer from 1'):
        PackDigits(canvas)


@pytest.mark.parametrize('channels', [1, 3])
def test_grey_images_of_any_layout_are_the_same(channels):
    image = np.repeat(GREY[..., None], channels, axis=2)
    assert_close(pack(image)['inputs'], pack(GREY)['inputs'])


def test_a_large_image_is_shrunk_to_fit():
    inputs = pack(np.full((84, 168, 3), 200, np.uint8))['inputs']
    expected = torch.zeros(1, 42, 42, dtype=torch.uint8)
    expected[0, 10:31] = 200
    assert_close(inputs[0, 11:30], expected[0, 11:30])
    assert inputs[0, :10].max() == inputs[0, 32:].max() == 0


def test_a_line_is_not_shrunk_away():
    assert pack(np.full((1, 500), 255, np.uint8))['inputs'].any()


@pytest.mark.parametrize('size', [(28, 20), (60, 84)], ids=str)
def test_the_channels_of_a_pair_are_packed_apart(size):
    pair = np.random.default_rng(0).integers(256, size=(*size, 2))
    pair = pair.astype(np.uint8)
    expected = [pack(channel)['inputs'] for channel in np.moveaxis(pair, 2, 0)]
    assert_close(
        pack(pair)['inputs'].int(),
        torch.cat(expected).int(),
        rtol=0,
        atol=1,  # OpenCV rounds two channels together otherwise than one
    )


def test_a_volume_is_packed_as_it_is():
    volume = np.arange(42**3).astype(np.uint8).reshape(42, 42, 42, 1)
    expected = torch.from_numpy(volume[None, ..., 0])
    assert_close(pack(volume)['inputs'], expected)


def test_a_volume_of_another_size_is_refused():
    message = r'42 voxels along each axis.* but got \(42, 42, 28\)'
    with pytest.raises(ValueError, match=message):
        pack(np.zeros((42, 42, 28, 1), np.uint8))


def test_targets_and_meta_keys_are_packed():
    boxes = torch.rand(4)
    targets = dict(gt_label=3, gt_bboxes=boxes.numpy())
    meta = dict(sample_idx=8, img_path='a.png')
    sample = pack(GREY, **targets, **meta, other=1)['data_samples']
    assert sample.gt_label.tolist() == [3]
    assert_close(sample.gt_bboxes, boxes)
    assert {key: sample.get(key) for key in sample.metainfo_keys()} == meta


def test_the_shape_of_the_image_becomes_that_of_the_canvas():
    sample = pack(GREY, ori_shape=(28, 20), img_shape=(28, 20))['data_samples']
    assert sample.ori_shape == (28, 20)
    assert sample.img_shape == (42, 42)


def test_an_image_without_a_label_is_packed():
    assert 'gt_label' not in pack(GREY)['data_samples']


@pytest.mark.parametrize(
    'image',
    [
        GREY / 2,
        GREY[..., None].repeat(5, 2),
        GREY[0],
        GREY[..., None, None].repeat(2, 3),
    ],
    ids=['float', 'five channels', 'one axis', 'volume of two channels'],
)
def test_other_shapes_than_images_are_refused(image):
    with pytest.raises(ValueError, match='PackDigits: img must be uint8'):
        pack(image)

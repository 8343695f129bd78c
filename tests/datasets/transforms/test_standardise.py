"""Laws of equal brightness and contrast."""

import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS


def standardised(image):
    transform = TRANSFORMS.build(dict(type='mmstn.Standardise'))
    return transform(dict(img=image))['img']


def picture(shape=(20, 30, 3), low=0, high=256):
    return np.random.default_rng(0).integers(low, high, shape, np.uint8)


@pytest.mark.parametrize('shape', [(20, 30, 3), (20, 30)], ids=str)
def test_mean_and_deviation_are_always_the_same(shape):
    found = standardised(picture(shape, 20, 60))
    assert found.dtype == np.uint8
    assert found.shape == shape
    assert found.mean() == pytest.approx(128, abs=0.5)
    assert found.std() == pytest.approx(50, abs=0.5)


def test_a_dark_image_equals_a_bright_one():
    image = picture(high=64)
    apart = standardised(image).astype(int) - standardised(3 * image + 40)
    assert np.abs(apart).max() <= 1


def test_channels_keep_their_differences():
    image = np.zeros((4, 4, 3), np.uint8)
    image[..., 0] = 100  # red
    found = standardised(image)
    assert (found[..., 0] > found[..., 1]).all()
    assert (found[..., 1] == found[..., 2]).all()


def test_values_end_at_white():
    image = np.zeros((20, 20), np.uint8)
    image[0, 0] = 255
    assert standardised(image)[0, 0] == 255


def test_an_image_of_one_value_becomes_grey():
    assert (standardised(np.full((4, 4, 3), 7, np.uint8)) == 128).all()

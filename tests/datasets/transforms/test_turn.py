"""Laws of the random turn: about the middle, fresh or always the same."""

import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS


def build(**kwargs):
    return TRANSFORMS.build(dict(type='mmstn.Turn', **kwargs))


def picture(height=21, width=31):
    noise = np.random.default_rng(0).integers(256, size=(height, width, 3))
    return noise.astype(np.uint8)


def turned(transform, index=0, image=None):
    image = picture() if image is None else image
    return transform(dict(img=image, sample_idx=index))['img']


def test_without_an_angle_the_image_stays():
    assert (turned(build(max_angle=0)) == picture()).all()


def test_it_turns_about_the_middle():
    image = np.zeros((21, 31), np.uint8)
    image[10, 15] = 255
    angles = [turned(build(max_angle=180, seed=1), i, image) for i in range(9)]
    assert all(found[10, 15] == 255 for found in angles)


def test_angles_are_evenly_distributed():
    image = np.zeros((101, 101), np.uint8)
    image[50, 60:] = 255  # points right, at 0 degrees
    transform = build(max_angle=90, seed=0)
    rows, columns = np.mgrid[:101, :101] - 50.0
    angles = []
    for index in range(400):
        found = turned(transform, index, image).astype(float)
        near = (rows**2 + columns**2) < 30**2
        x, y = ((found * near * axis).sum() for axis in (columns, rows))
        angles.append(np.degrees(np.arctan2(-y, x)))
    quarters = np.histogram(angles, bins=4, range=(-90, 90))[0]
    assert quarters.sum() == 400
    assert quarters.min() > 70


def test_with_a_seed_an_image_is_always_turned_alike():
    first, second = (turned(build(max_angle=90, seed=1), i) for i in (4, 5))
    assert (first != second).any()
    assert (turned(build(max_angle=90, seed=1), 4) == first).all()
    assert (turned(build(max_angle=90, seed=2), 4) != first).any()


def test_without_a_seed_an_angle_is_fresh():
    transform = build(max_angle=90)
    assert (turned(transform) != turned(transform)).any()


def test_a_grey_image_stays_one():
    image = picture()[..., 0]
    assert turned(build(max_angle=90), image=image).shape == image.shape


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(max_angle=-1), 'max_angle must be a number of degrees'),
        (dict(max_angle=181), 'max_angle must be a number of degrees'),
        (dict(max_angle='90'), 'max_angle must be a number of degrees'),
        (dict(max_angle=9, seed=-1), 'seed must be an integer from 0'),
    ],
    ids=str,
)
def test_an_unusable_argument_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=f'Turn: {message}'):
        build(**kwargs)

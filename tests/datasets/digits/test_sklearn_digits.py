"""Laws of the digits that come with scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from mmstn.datasets.digits.sklearn_digits import load_sklearn_digits


@pytest.mark.parametrize(('split', 'count'), [('train', 1297), ('test', 500)])
def test_splits_are_fixed(split, count):
    images, labels = load_sklearn_digits(split)
    assert images.shape == (count, 28, 28)
    assert images.dtype == np.uint8
    target = load_digits().target
    part = target[:count] if split == 'train' else target[-count:]
    np.testing.assert_array_equal(labels, part)


def test_digits_stand_upright_in_the_middle():
    images, _ = load_sklearn_digits('test')
    cells = load_digits().images[-500:]
    inner = images[:, 4:24, 4:24].astype(float)  # 20x20 pixels, 8x8 cells
    shrunk = inner.reshape(500, 4, 5, 4, 5).mean((2, 4))
    coarse = cells.reshape(500, 4, 2, 4, 2).mean((2, 4)) * 255 / 16
    assert np.abs(shrunk - coarse).mean() < 6
    rim = [images[:, :2], images[:, -2:], images[..., :2], images[..., -2:]]
    assert max(part.max() for part in rim) < 5


def test_digits_use_the_whole_range():
    images, _ = load_sklearn_digits('train')
    assert images.min() == 0
    assert np.median(images.max((1, 2))) > 240

"""MMCV and MMPretrain compute the same on every NumPy."""

import cv2
import mmcv
import numpy as np
import pytest
from mmpretrain.datasets.transforms import ColorJitter
from mmpretrain.evaluation import RetrievalAveragePrecision, RetrievalRecall

IMAGE = np.random.default_rng(0).integers(256, size=(5, 7, 3), dtype=np.uint8)


@pytest.mark.parametrize('factor', [-0.5, -0.1, -0.001, 0, 0.1, 0.5])
def test_hues_are_turned_both_ways(factor):
    hsv = cv2.cvtColor(IMAGE, cv2.COLOR_BGR2HSV_FULL)
    hue = hsv[..., 0].astype(int) + int(factor * 255)
    hsv[..., 0] = hue % 256
    expected = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR_FULL)
    np.testing.assert_array_equal(mmcv.adjust_hue(IMAGE, factor), expected)


def test_hues_are_turned_both_ways_by_pillow():
    turned = [mmcv.adjust_hue(IMAGE, f, 'pillow') for f in (-0.5, 0.5)]
    difference = turned[0].astype(int) - turned[1]
    assert np.abs(difference).max() < 20  # 127 steps to either side


def test_a_jitter_of_hues_gives_an_image_in_every_draw():
    jitter = ColorJitter(hue=0.1)
    for _ in range(50):
        assert jitter.transform(dict(img=IMAGE))['img'].shape == IMAGE.shape


def test_a_hue_outside_the_circle_is_still_refused():
    with pytest.raises(ValueError, match='hue_factor'):
        mmcv.adjust_hue(IMAGE, -0.6)


def test_retrieval_metrics_compute():
    retrieved, wanted = [[0, 1, 2], [2, 0, 1]], [[1], [2]]
    recalls = RetrievalRecall.calculate(
        retrieved, wanted, topk=(1, 2), pred_indices=True, target_indices=True
    )
    assert [float(recall) for recall in recalls] == [50, 100]
    precision = RetrievalAveragePrecision.calculate(
        retrieved, wanted, topk=3, pred_indices=True, target_indices=True
    )
    assert precision == 75

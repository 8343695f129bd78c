"""Windows and boxes that are known."""

import pytest
import torch

from mmstn.geometry.outline import box_corners
from mmstn.registry import METRICS


def sample(window, box):
    corners = box_corners(torch.tensor(window))
    return dict(pred_corners=corners, gt_box=torch.tensor(box))


def evaluate(*samples):
    metric = METRICS.build(dict(type='mmstn.LocalisationIoU'))
    metric.process(None, samples)
    return metric.evaluate(len(samples))


def test_the_true_box_is_found():
    box = [3.5, 7.5, 31.5, 35.5]
    assert evaluate(sample(box, box)) == {
        'localisation/found': 100,
        'localisation/iou': 100,
    }


def test_more_than_half_of_the_union_must_be_shared():
    box = [0.0, 0.0, 4.0, 4.0]
    half, more = [0.0, 0.0, 4.0, 2.0], [0.0, 0.0, 4.0, 3.0]
    beside = [4.0, 0.0, 8.0, 4.0]
    metrics = evaluate(*(sample(w, box) for w in (half, more, beside)))
    assert metrics['localisation/found'] == pytest.approx(100 / 3)
    assert metrics['localisation/iou'] == pytest.approx(125 / 3)


@pytest.mark.parametrize('name', ['pred_corners', 'gt_box'])
def test_what_a_prediction_lacks_is_said(name):
    given = sample([0.0, 0, 1, 1], [0.0, 0, 1, 1])
    del given[name]
    with pytest.raises(ValueError, match=f'has no {name}; it needs'):
        evaluate(given)

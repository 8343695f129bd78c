"""Laws of windows that follow."""

import pytest
import torch

from mmstn.geometry.outline import box_corners
from mmstn.registry import METRICS

NOWHERE = [float('nan')] * 4


def box(x, y=0.0, side=10.0):
    return [x, y, x + side, y + side]


def evaluate(*sequences):
    """The metrics of pairs of windows and boxes, each a box a frame."""
    metric = METRICS.build(dict(type='mmstn.TrackingIoU'))
    for windows, *things in sequences:
        sample = dict(
            pred_corners=box_corners(torch.tensor(windows)),
            gt_boxes=torch.tensor(things),
        )
        metric.process(None, [sample])
    return metric.evaluate(len(sequences))


def test_it_is_the_mean_over_all_frames_but_the_first():
    windows = [box(0), box(5), box(20)]
    things = [box(0), box(0), box(20)], [NOWHERE] * 3
    metrics = evaluate((windows, *things))
    assert metrics['tracking/iou'] == pytest.approx(100 * (1 / 3 + 1) / 2)
    assert metrics['tracking/iou_if_still'] == pytest.approx(50)
    assert len(metrics) == 2


def test_the_first_box_is_kept_and_not_the_first_window():
    windows = [box(5), box(0), box(0)]
    metrics = evaluate((windows, [box(0), box(0), box(20)]))
    assert metrics['tracking/iou_if_still'] == pytest.approx(50)


@pytest.mark.parametrize(('windows', 'boxes'), [(2, 3), (1, 1)])
def test_windows_and_boxes_are_of_the_same_frames(windows, boxes):
    message = rf'two at least, but got \({windows}, 4, 2\) and \(1, {boxes}, 4'
    with pytest.raises(ValueError, match=message):
        evaluate(([box(0)] * windows, [box(0)] * boxes))


@pytest.mark.parametrize(
    ('corners', 'boxes'),
    [((3, 4, 2), (3, 4)), ((3, 4, 2), (0, 3, 4)), ((3, 4), (1, 3, 4))],
)
def test_windows_have_corners_and_boxes_are_of_things(corners, boxes):
    metric = METRICS.build(dict(type='mmstn.TrackingIoU'))
    sample = dict(pred_corners=torch.rand(corners), gt_boxes=torch.rand(boxes))
    with pytest.raises(ValueError, match=r'must be \(T, 4, 2\) and gt_boxes'):
        metric.process(None, [sample])


def test_a_thing_that_is_gone_cannot_be_followed():
    things = [box(0), box(5), NOWHERE], [box(40)] * 3
    with pytest.raises(ValueError, match='must have a box in every frame'):
        evaluate(([box(0)] * 3, *things))


def test_others_may_come_later():
    windows = [box(0), box(20), box(0)]
    things = [box(0), box(20), box(40)], [NOWHERE, box(20), box(0)]
    assert evaluate((windows, *things))['tracking/switched_2'] == 100


def crossing(windows):
    """Two things that pass through each other."""
    return windows, [box(0), box(20), box(40)], [box(40), box(20), box(0)]


def test_a_window_that_goes_over_to_another_has_switched():
    kept = crossing([box(0), box(20), box(40)])
    other = crossing([box(0), box(20), box(0)])
    assert evaluate(kept)['tracking/switched_2'] == 0
    assert evaluate(kept, other)['tracking/switched_2'] == 50


def test_a_window_on_nothing_has_switched_to_nothing():
    lost = crossing([box(0), box(20), box(80)])
    assert evaluate(lost)['tracking/switched_2'] == 0


def test_where_boxes_are_the_same_none_is_told_from_the_other():
    windows = [box(0), box(20), box(42)]
    meeting = [box(0), box(20), box(40)], [box(40), box(0), box(42)]
    assert evaluate((windows, *meeting))['tracking/switched_2'] == 0


def test_a_sequence_whose_things_are_never_apart_is_left_out():
    together = [box(0)] * 3, [box(0)] * 3, [box(1)] * 3
    kept = crossing([box(0), box(20), box(40)])
    other = crossing([box(0), box(20), box(0)])
    metrics = evaluate(together, kept, other)
    assert metrics['tracking/switched_2'] == 50
    assert metrics['tracking/iou'] == pytest.approx(100 * 5 / 6)
    assert 'tracking/switched_2' not in evaluate(together)


def test_numbers_of_things_are_told_apart():
    two = crossing([box(0), box(20), box(0)])
    three = (*crossing([box(0), box(20), box(40)]), [box(60)] * 3)
    metrics = evaluate((*two, [NOWHERE] * 3), three)
    assert metrics['tracking/switched_2'] == 100
    assert metrics['tracking/switched_3'] == 0


@pytest.mark.parametrize('name', ['pred_corners', 'gt_boxes'])
def test_what_a_prediction_lacks_is_said(name):
    sample = dict(
        pred_corners=torch.zeros(3, 4, 2), gt_boxes=torch.zeros(1, 3, 4)
    )
    del sample[name]
    metric = METRICS.build(dict(type='mmstn.TrackingIoU'))
    with pytest.raises(ValueError, match=f'has no {name}; it needs'):
        metric.process(None, [sample])

"""What is undone of a pose, on paper and through a data set."""

from math import log, pi

import pytest
import torch
from mmengine.registry import METRICS
from torch.testing import assert_close

from mmstn.datasets.digits.distortion import placed_corners
from mmstn.evaluation.pose_undone import nearest_affine
from mmstn.geometry.affine import affine_grid
from mmstn.geometry.outline import frame_perimeter
from mmstn.geometry.sampling import sample

CANVAS = 60
COUNT = 200


def uniform(*size, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*size, generator=generator).double() * 2 - 1


SCALE = (uniform(COUNT, seed=1) / 2).exp()
ANGLE = uniform(COUNT, seed=2)
SHIFT = uniform(COUNT, 2, seed=3) * 9
LABELS = torch.arange(COUNT) % 10
TRUE = placed_corners(SCALE, ANGLE, SHIFT, CANVAS)
WHOLE = placed_corners(SCALE * 0 + 1, ANGLE * 0, SHIFT * 0, CANVAS)


def around(corners, per_side=64):
    """The outline with more points, as the hook writes it."""
    frame = frame_perimeter(per_side, corners)
    frame = torch.cat([frame, torch.ones_like(frame[:, :1])], dim=1)
    return torch.stack([frame @ nearest_affine(few) for few in corners])


def undone(windows, true=TRUE, labels=LABELS):
    metric = METRICS.build(dict(type='mmstn.PoseUndone'))
    samples = [
        dict(gt_corners=corners, gt_label=label[None], attention=dict(st=seen))
        for corners, label, seen in zip(
            true, labels, around(windows), strict=True
        )
    ]
    metric.process(None, samples)
    metrics = metric.evaluate(len(samples))
    return {name.rpartition('/')[2]: value for name, value in metrics.items()}


def test_the_placed_corners_are_where_the_digit_is_read():
    """Reading a canvas in the frame of its digit gives the digit."""
    one = SCALE.new_ones(1)
    turned = placed_corners(one, one * pi / 2, SHIFT[:1] * 0, 28)[0]
    assert_close(turned[0], turned.new_tensor([27.5, -0.5]))  # clockwise
    canvas = uniform(1, 1, 28, 28)
    matrix = (nearest_affine(turned) / 14).T[None]
    matrix[..., 2] = 0  # the centre of the canvas
    read = sample(canvas, affine_grid(matrix, (28, 28)))
    assert_close(read[0, 0], canvas[0, 0].rot90(1), atol=1e-9, rtol=0)


def test_a_window_on_the_object_undoes_everything():
    expected = dict(angle=100, log_scale=100, x=100, y=100)
    assert undone(TRUE) == pytest.approx(expected)


def test_the_whole_input_undoes_nothing():
    expected = dict(angle=0, log_scale=0, x=0, y=0)
    assert undone(WHOLE) == pytest.approx(expected, abs=1e-9)


def test_what_only_moves_undoes_only_the_shift():
    windows = placed_corners(SCALE * 0 + 1, ANGLE * 0, SHIFT, CANVAS)
    expected = dict(angle=0, log_scale=0, x=100, y=100)
    assert undone(windows) == pytest.approx(expected, abs=1e-9)


def test_half_of_a_rotation_is_three_quarters_of_its_variance():
    windows = placed_corners(SCALE, ANGLE / 2, SHIFT, CANVAS)
    assert undone(windows)['angle'] == pytest.approx(75, abs=0.1)


def test_twice_the_scale_is_no_variance():
    windows = placed_corners(SCALE * 2, ANGLE, SHIFT, CANVAS)
    assert undone(windows)['log_scale'] == pytest.approx(100)


def test_a_pose_that_a_class_has_of_its_own_is_undone():
    windows = placed_corners(
        SCALE * (LABELS / 10 * log(2)).exp(),
        ANGLE + LABELS,  # radians: around the circle and past 180 degrees
        SHIFT + LABELS[:, None],
        CANVAS,
    )
    expected = dict(angle=100, log_scale=100, x=100, y=100)
    assert undone(windows) == pytest.approx(expected)


def test_what_does_not_vary_is_left_out():
    true = placed_corners(SCALE * 0 + 1, ANGLE, SHIFT * 0, CANVAS)
    assert undone(true, true) == pytest.approx(dict(angle=100))


@pytest.mark.parametrize('lost', [torch.nan, 3.0])  # no number, or no area
def test_a_region_that_is_lost_undoes_nothing(lost):
    windows, whole = TRUE.clone(), WHOLE.clone()
    windows[::3], whole[::3] = lost, lost
    third = pytest.approx(dict.fromkeys(undone(TRUE), 100 * 2 / 3), abs=7)
    assert undone(windows) == third
    none = pytest.approx(dict.fromkeys(undone(TRUE), 0), abs=1e-9)
    assert undone(whole) == none
    whole[:] = lost
    assert undone(whole) == none


@pytest.mark.parametrize('missing', ['gt_corners', 'attention'])
def test_what_is_missing_is_named(missing):
    metric = METRICS.build(dict(type='mmstn.PoseUndone'))
    given = dict(
        gt_corners=TRUE[0], gt_label=LABELS[:1], attention=dict(st=TRUE[0])
    )
    given.pop(missing)
    with pytest.raises(ValueError, match=missing):
        metric.process(None, [given])

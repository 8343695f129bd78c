"""Laws of digits that move."""

import pytest
import torch
from torch.testing import assert_close

from mmstn.datasets.digits.moving_digits import bounce, positions
from mmstn.registry import DATASETS

ROOM = 36


def build(root, **kwargs):
    cfg = dict(type='mmstn.MovingDigits', data_root=str(root))
    return DATASETS.build(dict(cfg, download=False, **kwargs))


@pytest.fixture(name='moving')
def moving_fixture(few_digits):
    return build(few_digits)


def uniform(rows, columns):
    return torch.rand(rows, columns, generator=torch.manual_seed(0)).double()


def test_a_box_holds_its_digit_in_every_frame(moving):
    moving.images = torch.full_like(moving.images, 60)
    draws, numbers = uniform(12, moving.num_draws), torch.arange(12)
    draws[:, -30:] = 0
    images = moving.render(numbers, draws).float()[:, 0]  # (B, T, 64, 64)
    boxes = moving.targets(numbers, draws)['gt_boxes']  # (B, 3, T, 4)
    expected = torch.zeros_like(images)
    expected[:, :, :6, :6] = 255  # the clutter
    for sample, several in enumerate(boxes):
        for frames in several[several[:, 0].isfinite().all(1)]:
            for time, box in enumerate(frames):
                left, top, right, bottom = (box + 0.5).int().tolist()
                expected[sample, time, top:bottom, left:right] += 60
    assert_close(images, expected.clamp(max=255))
    assert_close(
        boxes[:, 0, :, 2:] - boxes[:, 0, :, :2],
        boxes.new_full((), 28).expand(12, 20, 2),
    )


def test_one_to_three_digits_are_shown_equally_often(moving):
    shown, _ = moving.ways(uniform(3000, moving.num_draws))
    assert shown[:, 0].all()
    assert not (shown[:, 2] & ~shown[:, 1]).any()
    share = shown.sum(1).bincount(minlength=4)[1:] / 3000
    assert_close(share, torch.ones(3) / 3, atol=0.03, rtol=0)


def test_digits_keep_their_speed_but_for_bounces():
    way = positions(uniform(500, 15), 20, ROOM)
    assert way.min() >= 0
    assert way.max() <= ROOM
    steps = way.diff(dim=2).abs()
    speed = steps.amax(2)
    assert speed.max() <= 4
    assert (steps > speed.unsqueeze(2) - 1e-6).double().mean() > 0.9


def test_the_second_digit_meets_the_first_in_the_middle_third():
    way = positions(uniform(500, 15), 20, ROOM)
    apart = (way[:, 1] - way[:, 0]).abs().amax(2)  # (B, T)
    # at a moment between two frames they are 4 pixels apart at most
    assert (apart[:, 6:15].amin(1) <= 4 + 4).all()


@pytest.mark.parametrize(
    ('way', 'there'), [(3, 3), (-3, 3), (10, 10), (12, 8), (20, 0), (23, 3)]
)
def test_what_leaves_comes_back(way, there):
    assert bounce(torch.tensor([float(way)]), 10).tolist() == [there]


@pytest.mark.parametrize('index', [0, 7])
def test_a_sample_is_the_same_alone_and_in_a_batch(few_digits, index):
    moving = build(few_digits, split='test', num_frames=3)
    batch, alone = moving.render_batch(range(12)), moving[index]
    assert alone['inputs'].shape == (1, 3, 64, 64)
    assert_close(alone['inputs'], batch.inputs[index])
    assert_close(
        alone['data_samples'].gt_boxes,
        batch.data_samples[index].gt_boxes,
        equal_nan=True,
    )


@pytest.mark.parametrize('num_frames', [0, 1, 2.0])
def test_a_sequence_without_frames_to_follow_is_refused(
    few_digits, num_frames
):
    with pytest.raises(ValueError, match='MovingDigits: num_frames must be'):
        build(few_digits, num_frames=num_frames)


def test_digits_that_do_not_fit_are_refused(few_digits):
    with pytest.raises(ValueError, match='at least the 28 of a digit'):
        build(few_digits, canvas=27)

"""Laws of pairs of digits."""

import pytest
import torch
from torch.testing import assert_close

from mmstn.datasets.digits.distortion import distort
from mmstn.registry import DATASETS


@pytest.fixture(name='pairs')
def pairs_fixture(few_digits):
    cfg = dict(type='mmstn.DigitPairs', data_root=str(few_digits))
    return DATASETS.build(dict(cfg, download=False, pipeline=[]))


def uniform(rows):
    return torch.rand(rows, 9, generator=torch.manual_seed(0)).double()


def test_the_label_is_the_sum_of_the_two_digits(pairs):
    pairs.images = torch.full_like(pairs.images, 1)
    pairs.images *= 20 * pairs.labels[:, None, None].to(torch.uint8)
    batch = pairs.render_batch(range(12))
    inputs, labels = batch.inputs, batch.data_samples.targets['gt_label']
    shown = inputs.flatten(2).amax(2) // 20  # (B, 2), as bright as its label
    assert_close(labels, shown.long().sum(1, keepdim=True))
    assert len(labels.unique()) > 4


def test_each_channel_is_a_digit_of_rts(pairs):
    draws, numbers = uniform(12), torch.arange(12)
    inputs = pairs.render(numbers, draws)
    second = (draws[:, 0] * 12).long()
    for channel, digits, places in (
        (0, numbers, draws[:, 1:5]),
        (1, second, draws[:, 5:]),
    ):
        expected = distort('RTS', pairs.images, digits, places, 42)
        assert_close(inputs[:, channel : channel + 1], expected)


@pytest.mark.parametrize(('column', 'channel'), [(0, 1), (1, 0), (5, 1)])
def test_a_draw_changes_one_channel_only(pairs, column, channel):
    draws, numbers = uniform(12), torch.arange(12)
    changed = draws.clone()
    changed[:, column] = (draws[:, column] + 0.5) % 1
    before, after = (
        pairs.render(numbers, draws),
        pairs.render(numbers, changed),
    )
    differ = (before != after).flatten(2).any(2)  # (B, 2)
    assert differ[:, channel].all()
    assert not differ[:, 1 - channel].any()


def test_any_digit_stands_second(pairs):
    first, second = pairs.pair(torch.zeros(999, dtype=int), uniform(999))
    assert not first.any()
    assert_close(
        second.bincount() / 999, torch.ones(12) / 12, atol=0.03, rtol=0
    )


def test_the_classes_are_the_sums(pairs):
    assert list(pairs.metainfo['classes']) == [str(n) for n in range(19)]

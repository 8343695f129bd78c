"""Laws of digits placed on a canvas."""

import pytest
import torch
from torch.testing import assert_close

from mmstn.registry import DATASETS


def build(root, **kwargs):
    cfg = dict(type='mmstn.PlacedDigits', data_root=str(root), digit=5)
    cfg.update(num_digits=3, download=False)
    return DATASETS.build({**cfg, **kwargs})


def test_a_box_holds_its_digit_and_all_else_is_black(few_digits):
    placed = build(few_digits)
    batch = placed.render_batch(range(3))
    boxes = torch.stack([s.gt_box for s in batch.data_samples])
    for position, image, box in zip(
        placed.data_list, batch.inputs, boxes, strict=True
    ):
        left, top, right, bottom = (box + 0.5).int().tolist()
        expected = torch.zeros(1, 84, 84, dtype=torch.uint8)
        expected[0, top:bottom, left:right] = placed.images[position]
        assert_close(image, expected)


def test_all_are_of_one_class_and_the_seed_chooses(few_digits):
    chosen = set()
    for seed in range(8):
        placed = build(few_digits, seed=seed, num_digits=2)
        assert placed.get_gt_labels().tolist() in ([5, 5], [[5], [5]])
        chosen.add(tuple(placed.data_list))
    assert len(chosen) == 3  # pairs of three


def test_more_patches_are_more_clutter(few_digits):
    share = [
        (build(few_digits, num_patches=n).render_batch(range(3)).inputs > 0)
        .float()
        .mean()
        .item()
        for n in (0, 1, 4, 16)
    ]
    assert share == sorted(share)
    assert share[-1] > 1.5 * share[1] > 1.5 * share[0]


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        (dict(digit=10), 'digit must be a class from 0 to 9, but got 10'),
        (dict(num_patches=-1), 'num_patches must be a whole number from 0'),
        (dict(num_digits=9), 'num_digits=9, but the test split has 3 of'),
    ],
)
def test_what_cannot_be_is_refused(few_digits, given, message):
    with pytest.raises(ValueError, match=message):
        build(few_digits, **given).full_init()

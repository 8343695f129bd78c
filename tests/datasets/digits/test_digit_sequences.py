"""Laws of three digits in a row."""

import pytest
import torch
from torch.testing import assert_close

from mmstn.datasets.digits.digit_sequences import row_corners
from mmstn.datasets.digits.paste import paste
from mmstn.registry import DATASETS


def build(root, **kwargs):
    cfg = dict(type='mmstn.DigitSequences', data_root=str(root))
    return DATASETS.build(dict(cfg, download=False, **kwargs))


@pytest.fixture(name='rows')
def rows_fixture(few_digits):
    return build(few_digits)


def uniform(rows, columns=46):
    return torch.rand(rows, columns, generator=torch.manual_seed(0)).double()


def test_each_digit_stands_at_its_corner(rows):
    rows.images = torch.zeros_like(rows.images)
    rows.images[:, 9:19, 9:19] = 100 + rows.labels[:, None, None].byte()
    draws, numbers = uniform(12), torch.arange(12)
    draws[:, 6:] = 0  # clutter is cut from the empty border
    images = rows.render(numbers, draws)
    labels = rows.targets(numbers, draws)['gt_label']
    corner = row_corners(draws[:, 2:6], 100)
    for sample, image in enumerate(images[:, 0]):
        for (x, y), label in zip(
            corner[sample].tolist(), labels[sample], strict=True
        ):
            digit = image[y + 9 : y + 19, x + 9 : x + 19]
            assert (digit == 100 + label).all()
            digit.zero_()
    assert not images.any()


def test_the_row_stays_on_the_canvas_and_takes_all_of_it():
    corner = row_corners(uniform(5000, 4), 100)  # (5000, 3, 2)
    x, y = corner.unbind(2)
    assert (x.diff(dim=1) == 28).all()
    assert (int(x.min()), int(x.max())) == (0, 72)
    assert (int(y.min()), int(y.max())) == (0, 72)
    steps = y.diff(dim=1)
    assert (int(steps.min()), int(steps.max())) == (-14, 13)
    free = (y[:, 0] > 14) & (y[:, 0] < 58)
    counts = (steps[free, 0] + 14).bincount(minlength=28)
    assert_close(counts / counts.sum(), torch.ones(28) / 28, atol=0.01, rtol=0)


def test_the_first_digit_is_that_of_the_index_and_any_follows(rows):
    row = rows.row(torch.zeros(999, dtype=int), uniform(999))
    assert not row[:, 0].any()
    for place in (1, 2):
        share = row[:, place].bincount() / 999
        assert_close(share, torch.ones(12) / 12, atol=0.03, rtol=0)


def test_clutter_is_added_to_the_digits(rows):
    draws, numbers = uniform(4), torch.arange(4)
    images = rows.render(numbers, draws)[:, 0].float()
    digits = rows.images[rows.row(numbers, draws)]
    bare = paste(
        torch.zeros(4, 100, 100), digits, row_corners(draws[:, 2:6], 100)
    )
    added = images - bare
    assert (added >= 0).all()
    assert (added > 0).flatten(1).sum(1).min() > 81
    assert (added > 0).flatten(1).sum(1).max() <= 8 * 81


@pytest.mark.parametrize('index', [0, 7])
def test_a_sample_is_the_same_alone_and_in_a_batch(few_digits, index):
    rows = build(few_digits, split='test')
    batch, alone = rows.render_batch(range(12)), rows[index]
    assert_close(alone['inputs'], batch.inputs[index])
    assert_close(
        alone['data_samples'].gt_label, batch.data_samples[index].gt_label
    )


def test_a_canvas_that_does_not_hold_the_row_is_refused_before_all():
    with pytest.raises(ValueError, match='do not fit .* set canvas to 84'):
        build('no such folder', canvas=83)

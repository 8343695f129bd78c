"""Laws of cards and their frames."""

import pytest
import torch
from torch.testing import assert_close

from mmstn.datasets.digits.framed_digits import LINE, PAPER
from mmstn.geometry.lattice import to_normalised
from mmstn.geometry.projective import homography_from_corners, projective_grid
from mmstn.geometry.sampling import sample
from mmstn.registry import DATASETS


@pytest.fixture(name='framed')
def framed_fixture(few_digits):
    cfg = dict(type='mmstn.FramedDigits', data_root=str(few_digits))
    return DATASETS.build(dict(cfg, download=False))


def uniform(rows, columns):
    return torch.rand(rows, columns, generator=torch.manual_seed(0)).double()


def still(framed, rows=6):
    """Draws of cards that stand in their frames from the start."""
    draws = uniform(rows, framed.num_draws)
    draws[:, -10:] = 0.5
    return draws, torch.arange(rows)


def test_the_displacement_is_what_lies_between_start_and_place(framed):
    draws, numbers = still(framed)
    start, true = framed.targets(numbers, draws)['gt_corners'].unbind(1)
    assert_close(start, true)
    draws[:, -2], draws[:, -1] = 0.8413447461, 0.1586552539  # one deviation
    start, _ = framed.targets(numbers, draws)['gt_corners'].unbind(1)
    shift = 0.2 * torch.tensor([24.0, -24.0])
    assert_close(start - true, shift.expand_as(true), atol=1e-4, rtol=0)


def test_a_card_read_back_is_a_card_in_its_place(framed):
    draws, numbers = still(framed)
    home = framed.render(numbers, draws)[:, 2:3].float()
    draws[:, -2:] = 0.7
    away = framed.render(numbers, draws)[:, 2:3].float()
    start, true = framed.targets(numbers, draws)['gt_corners'].unbind(1)
    output, source = (to_normalised(c, (48, 48)) for c in (true, start))
    matrix = homography_from_corners(output, source)
    back = sample(away, projective_grid(matrix, (48, 48)))
    assert (back - home).abs().mean() < 0.2 * (away - home).abs().mean()


def test_the_colours_of_a_foreground_are_multiplied_by_its_coverage(framed):
    framed.images = torch.zeros_like(framed.images)
    draws, numbers = still(framed)
    layers = framed.render(numbers, draws).float()
    assert_close(layers[:, 1], layers[:, 2] * (PAPER / 255), atol=0.63, rtol=0)
    assert layers[:, 2].amax((1, 2)).eq(255).all()


def test_a_frame_is_around_its_card_and_does_not_touch_it(framed):
    framed.images = torch.zeros_like(framed.images)  # no clutter either
    draws, numbers = still(framed)
    background, _, coverage, _ = framed.render(numbers, draws).unbind(1)
    assert background.amax((1, 2)).eq(LINE).all()
    assert not background[coverage == 255].any()
    corners = framed.targets(numbers, draws)['gt_corners'][:, 1]
    rows = torch.arange(48.0)
    points = torch.stack(torch.meshgrid(rows, rows, indexing='xy'), dim=-1)
    lit = [points[picture > 0] for picture in background]
    for points, card in zip(lit, corners, strict=True):
        assert_close(points.mean(0), card.mean(0), atol=0.5, rtol=0)


def test_a_real_picture_is_of_another_digit_in_its_frame(framed):
    draws, numbers = still(framed)
    own, other, number, moves = framed.parts(draws)
    real = framed.render(numbers, draws)[:, 3].float()
    others = (number * (len(framed.images) - 1)).long()
    others = others + (others >= numbers)
    swapped = torch.cat([other, own, number[:, None], moves], dim=1)
    layers = framed.render(others, swapped).float()
    scene, card, coverage, _ = layers.unbind(1)
    expected = card + scene * (1 - coverage / 255)
    assert_close(real, expected, atol=1.1, rtol=0)
    assert (others != numbers).all()

"""Laws of the sheet: nothing overlaps, nothing is lost."""

import numpy as np
import pytest

from mmstn.visualization.sheet import (
    GAP,
    PAPER,
    Row,
    beside,
    blank,
    sheet,
    write,
)


def tiles(count, height, width):
    return [
        np.full((height, width, 3), (10 + index, 20, 30), np.uint8)
        for index in range(count)
    ]


def box(image, colour):
    """Return top, left, height, width of what has a colour."""
    rows, columns = np.nonzero((image == colour).all(axis=2))
    top, left = rows.min(), columns.min()
    height, width = rows.max() - top + 1, columns.max() - left + 1
    assert len(rows) == height * width
    return top, left, height, width


@pytest.mark.parametrize(('count', 'index'), [(1, 0), (3, 0), (3, 2)])
def test_every_picture_is_there_whole(count, index):
    rows = [Row('a', tiles(count, 40, 60))]
    image = sheet(rows, [['caption']] * count)
    _, left, *size = box(image, (10 + index, 20, 30))
    assert left == GAP + index * (60 + GAP)
    assert size == [40, 60]


def test_rows_of_unlike_size_share_their_columns():
    small = [
        np.full((20, 30, 3), (99, index, 0), np.uint8) for index in (1, 2)
    ]
    rows = [Row('a', tiles(2, 40, 60)), Row('b', small, (1, 2, 3))]
    image = sheet(rows, [[], []])
    above, below = box(image, (11, 20, 30)), box(image, (99, 2, 0))
    assert below[0] >= above[0] + 40
    assert below[1] - above[1] == (60 - 30) // 2


def test_the_swatch_has_the_colour_of_the_row():
    image = sheet([Row('b', tiles(1, 40, 60), (1, 2, 3))], [[]])
    top, left, *_ = box(image, (1, 2, 3))
    assert left == GAP
    assert top < box(image, (10, 20, 30))[0]


def test_a_long_caption_stays_in_its_column():
    rows = [Row('', tiles(2, 40, 60))]
    image = sheet(rows, [['a very long name of a class'], []])
    above = image[: box(image, (10, 20, 30))[0]]
    inked = np.nonzero((above != PAPER).any(axis=(0, 2)))[0]
    assert inked.size
    assert inked.max() <= GAP + 60


def test_text_that_fits_is_not_cut():
    cut, whole = blank(20, 200), blank(20, 200)
    write(cut, 'true: 3', (0, 0), 100)
    write(whole, 'true: 3', (0, 0), 10_000)
    np.testing.assert_array_equal(cut, whole)
    assert (whole != PAPER).any()


def test_side_by_side_both_are_whole_and_level():
    (left,), (right,) = tiles(1, 40, 60), tiles(1, 20, 30)
    right[:] = (99, 0, 0)
    image = beside(left, right)
    assert box(image, (10, 20, 30)) == (0, 0, 40, 60)
    assert box(image, (99, 0, 0)) == (10, 60 + GAP, 20, 30)

"""The sheet against the mathematics: lines where the outline says."""

import numpy as np
import pytest

from mmstn.visualization.draw import COLOURS, FRAME
from mmstn.visualization.image_sheet import LONGEST, image_sheet, outlined
from mmstn.visualization.sheet import GAP, LINE

MARGIN = LONGEST // 6


def region(*box, crop=(8, 8)):
    """The region of an upright box, in pixels of the image."""
    left, top, right, bottom = box
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return dict(
        transformer='backbone.transformers.0',
        outline=np.array(corners, float),
        crop=np.full((*crop, 3), 77, np.uint8),
    )


def result(*regions, **others):
    return dict(path=None, pred_label=1, pred_score=0.5, regions=regions) | (
        others
    )


def at(picture, x, y, zoom):
    """The colour at a point of the image, which may be outside."""
    column, row = np.array([x + 0.5, y + 0.5]) * zoom - 0.5 + MARGIN
    return tuple(picture[round(row), round(column)].tolist())


@pytest.mark.parametrize('size', [(40, 60), (60, 40), (600, 900)])
def test_outlines_are_drawn_in_pixels_of_the_image(size):
    height, width = size
    image = np.zeros((*size, 3), np.uint8)
    box = (width / 4 - 0.5, height / 2 - 0.5, width / 2, height + 0.5)
    other = (0, -height / 20, width / 8, height / 8)  # juts out
    drawn = outlined(image, result(region(*box), region(*other)))
    zoom = LONGEST / max(size)
    for (left, top, right, bottom), colour in zip(
        (box, other), COLOURS, strict=False
    ):
        middle = ((left + right) / 2, (top + bottom) / 2)
        for x, y in (
            (left, middle[1]),
            (right, middle[1]),
            (middle[0], top),
            (middle[0], bottom),
        ):
            assert at(drawn, x, y, zoom) == colour
        assert at(drawn, *middle, zoom) == (0, 0, 0)


def test_without_an_outline_the_image_stands_alone():
    image = np.full((24, 24, 3), 50, np.uint8)
    drawn = outlined(image, result(region(0, 0, 9, 9) | dict(outline=None)))
    inner = drawn[MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert (inner == 50).all()
    assert inner.shape == (LONGEST, LONGEST, 3)


def test_crops_stand_below_in_the_colour_of_their_outline():
    images = [np.zeros((30, 60, 3), np.uint8)] * 2
    regions = (region(0, 0, 9, 9), region(5, 5, 20, 20))
    drawn = image_sheet(images, [result(*regions)] * 2)
    column = LONGEST + 2 * MARGIN
    left = GAP + (column - LONGEST) // 2
    band = LONGEST + 2 * FRAME
    for number, colour in enumerate(COLOURS[1::-1]):  # from below
        bottom = len(drawn) - GAP - number * (band + GAP + LINE + 4)
        for start in (left, left + column + GAP):
            crop = drawn[bottom - band : bottom, start - FRAME :]
            crop = crop[:, : LONGEST + 2 * FRAME]
            assert (crop[:FRAME] == colour).all()
            assert (crop[FRAME:-FRAME, FRAME:-FRAME] == 77).all()


def test_all_sheets_of_the_same_images_have_one_size():
    images = [np.zeros((30, 60, 3), np.uint8), np.zeros((60, 30, 3), np.uint8)]
    sizes = {
        image_sheet(
            images,
            [result(region(*box), pred_class=name)] * 2,
            heading,
            with_crops=False,
        ).shape
        for box, name, heading in (
            ((0, 0, 5, 5), 'a', 'epoch_1'),
            ((-900, 3, 800, 9), 'a long name' * 9, 'epoch_1000'),
        )
    }
    assert len(sizes) == 1

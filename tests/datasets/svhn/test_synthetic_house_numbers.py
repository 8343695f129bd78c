"""Laws of house numbers made of other digits."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mmstn.datasets.svhn.digit_struct import DigitStruct
from mmstn.datasets.svhn.synthetic_house_numbers import (
    ink_corners,
    lay_out,
    make_folder,
    make_house_number,
    pose,
    render,
)

BLOCK = np.zeros((28, 28), np.uint8)
BLOCK[6:22, 10:18] = 255  # 8 wide, 16 high, around (14, 14)
QUARTER_TURN = np.array([[0.0, -1], [1, 0]])  # x to y, y to -x


def fill(folder, key=(0, 0), number=6):
    labels = np.arange(10)
    digits = np.stack([np.roll(BLOCK, label - 5, 1) for label in labels])
    make_folder(folder, (digits, labels), number, key, lambda pair: pair[0])
    pictures = [
        cv2.imread(str(folder / f'{i + 1}.png')) for i in range(number)
    ]
    return pictures, list(DigitStruct(folder / 'digitStruct.mat'))


def test_the_list_names_every_picture(tmp_path):
    pictures, numbers = fill(tmp_path / 'train', number=60)
    assert {len(number.digits) for number in numbers} == {1, 2, 3, 4, 5}
    for index, (picture, number) in enumerate(
        zip(pictures, numbers, strict=True)
    ):
        assert number.name == f'{index + 1}.png'
        left, top, width, height = number.boxes.T
        assert min(left.min(), top.min()) >= 0
        assert (left + width).max() <= picture.shape[1]
        assert (top + height).max() <= picture.shape[0]


def test_a_folder_depends_on_its_key_alone(tmp_path):
    pictures, numbers = fill(tmp_path / 'a')
    again, fewer = fill(tmp_path / 'b', number=3)
    others, _ = fill(tmp_path / 'c', key=(1, 0))
    for index in range(3):
        assert_array_equal(pictures[index], again[index])
        assert_array_equal(numbers[index].boxes, fewer[index].boxes)
    assert any(
        a.shape != b.shape for a, b in zip(pictures, others, strict=True)
    )


def test_digits_stand_side_by_side():
    layers = lay_out(np.stack([BLOCK, BLOCK, BLOCK]))
    assert layers.shape == (3, 28, 68)
    for index, layer in enumerate(layers):
        columns = np.nonzero(layer.any(0))[0]
        assert columns.min() == 10 + 20 * index
        assert columns.max() == 17 + 20 * index


@pytest.mark.parametrize('seed', range(4))
def test_the_boxes_are_around_the_ink(seed):
    hollow = BLOCK.copy()
    hollow[7:21, 11:17] = 0  # a ring of one pixel is left
    (full, boxes), (empty, same) = (
        make_house_number(
            np.stack([digit, digit]), np.random.default_rng(seed)
        )
        for digit in (BLOCK, hollow)
    )
    assert_array_equal(boxes, same)
    inside = (full != empty).any(2)  # of the rings, and nowhere else
    assert full[inside].mean() > empty[inside].mean() + 20  # lighter ink
    for left, top, width, height in boxes.astype(int):
        rows, columns = np.nonzero(
            inside[top : top + height, left : left + width]
        )
        inside[top : top + height, left : left + width] = False
        found = [columns.min(), rows.min(), columns.max(), rows.max()]
        assert_allclose(found, [0, 0, width - 1, height - 1], atol=5)
    assert not inside.any()


@pytest.mark.parametrize(
    'matrix', [np.eye(2), 2 * np.eye(2), QUARTER_TURN], ids=['1', '2', 'turn']
)
@pytest.mark.parametrize('shift', [(40, 30), (37, 42)], ids=str)
def test_ink_is_where_its_corners_are(matrix, shift):
    cover = render(BLOCK, matrix, np.array(shift), (70, 80))
    assert cover.shape == (70, 80)
    corners = ink_corners(BLOCK) @ matrix.T + shift
    rows, columns = np.nonzero(cover > 0.5)
    low, high = corners.min(0), corners.max(0)
    assert_allclose([columns.min(), rows.min()], low)
    assert_allclose([columns.max() + 1, rows.max() + 1], high)


def test_a_turn_is_clockwise_on_the_screen():
    layer = np.zeros((28, 28), np.uint8)
    layer[13:15, 14:24] = 255  # to the right of the centre
    cover = render(layer, QUARTER_TURN, np.array([20.0, 20.0]), (40, 40))
    rows, _ = np.nonzero(cover > 0.5)
    assert rows.min() == 20  # now below it


@pytest.mark.slow
def test_lengths_have_their_shares(tmp_path):
    _, numbers = fill(tmp_path / 'train', number=400)
    lengths = [len(number.digits) for number in numbers]
    shares = np.bincount(lengths, minlength=6)[1:] / 400
    assert_allclose(shares, [0.15, 0.45, 0.27, 0.1, 0.03], atol=0.05)


def test_the_ground_is_textured_and_leaves_room():
    spreads, rooms = [], []
    for seed in range(40):
        picture, boxes = make_house_number(
            BLOCK[None], np.random.default_rng(seed)
        )
        left, top, width, height = boxes[0].astype(int)
        ground = np.ones(picture.shape[:2], bool)
        ground[top : top + height, left : left + width] = False
        if ground.any():
            spreads.append(picture[ground].std(0).mean())
        rooms += [picture.shape[1] / width, picture.shape[0] / height]
    assert np.mean(spreads) > 12  # the noise of single pixels has 4
    assert_allclose([min(rooms), max(rooms)], [1.2, 2.4], atol=0.15)


def test_numbers_are_slanted_both_ways():
    random = np.random.default_rng(0)
    slants = []
    for across, down in (pose(random).T for _ in range(500)):
        slants.append(across @ down / (across @ across))
    assert_allclose([min(slants), max(slants)], [-0.4, 0.4], atol=0.02)


def test_numbers_are_turned_and_scaled_both_ways():
    random = np.random.default_rng(0)
    axes = np.stack([pose(random)[:, 0] for _ in range(500)])  # of the strip
    angles = np.degrees(np.arctan2(axes[:, 1], axes[:, 0]))
    assert_allclose([angles.min(), angles.max()], [-35, 35], atol=1)
    lengths = np.hypot(*axes.T)
    assert_allclose([lengths.min(), lengths.max()], [0.8, 1.6], atol=0.02)

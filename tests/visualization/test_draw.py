"""Laws of drawing: a point of the source is where the eye sees it."""

import numpy as np
import pytest

from mmstn.visualization import draw

COLOUR = (213, 94, 0)
SQUARE = np.array([[20.0, 20], [80, 20], [80, 60], [20, 60]])


def canvas():
    return np.full((100, 100, 3), 128, np.uint8)


def draw_outline(image, points, colour):
    draw.draw_lines(image, [np.concatenate([points, points[:1]])], colour)


def picture(size):
    generator = np.random.default_rng(0)
    return generator.integers(256, size=(*size, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ('size', 'zoom'),
    [((28, 28), 6), ((28, 14), 6), ((42, 42), 4), ((1, 1), 168)],
)
def test_each_pixel_of_a_small_picture_becomes_a_square(size, zoom):
    source = picture(size)
    tile = draw.enlarge(source)
    assert tile.shape == (size[0] * zoom, size[1] * zoom, 3)
    assert (
        tile.reshape(size[0], zoom, size[1], zoom, 3)
        == (source[:, None, :, None])
    ).all()


@pytest.mark.parametrize('size', [(112, 112), (60, 120), (224, 100)], ids=str)
def test_any_other_picture_gets_the_length_asked_for(size):
    assert max(draw.enlarge(picture(size)).shape) == 168
    assert max(draw.enlarge(picture(size), 50).shape) == 50


def test_a_resampled_picture_keeps_its_places():
    ramp = np.arange(100.0)[None, :, None].repeat(100, 0).repeat(3, 2)
    row = draw.enlarge(ramp)[80, 10:-10, 0]
    places = np.arange(10, 158)
    np.testing.assert_allclose(row, (places + 0.5) / 1.68 - 0.5, atol=0.05)


def test_a_large_picture_shrinks_in_proportion():
    left = np.zeros((448, 224, 3), np.uint8)
    left[:, :112] = 200
    tile = draw.enlarge(left)
    assert tile.shape == (168, 84, 3)
    assert (tile[:, :42] == 200).all()
    assert (tile[:, 42:] == 0).all()


@pytest.mark.parametrize('size', [(28, 28), (10, 20), (500, 334)], ids=str)
def test_edges_of_the_source_are_edges_of_the_tile(size):
    tile = draw.enlarge(picture(size))
    corners = np.array([[-0.5, -0.5], [size[1] - 0.5, size[0] - 0.5]])
    moved = draw.move_points(corners, size, tile)
    edges = [[-0.5, -0.5], [tile.shape[1] - 0.5, tile.shape[0] - 0.5]]
    np.testing.assert_allclose(moved, edges)


def test_the_centre_of_a_pixel_is_the_centre_of_its_square():
    tile = draw.enlarge(picture((28, 28)))
    moved = draw.move_points(np.array([[3.0, 10]]), (28, 28), tile)
    np.testing.assert_allclose(moved, [[(3 + 0.5) * 6 - 0.5, 10.5 * 6 - 0.5]])


@pytest.mark.parametrize(
    'point', [(50, 20), (80, 40), (50, 60), (20, 40)], ids=str
)
def test_an_outline_has_its_colour_on_every_side(point):
    image = canvas()
    draw_outline(image, SQUARE, COLOUR)
    assert tuple(image[point[1], point[0]]) == COLOUR


@pytest.mark.parametrize('point', [(50, 40), (50, 12), (90, 40)], ids=str)
def test_an_outline_leaves_the_rest_alone(point):
    image = canvas()
    draw_outline(image, SQUARE, COLOUR)
    assert tuple(image[point[1], point[0]]) == (128, 128, 128)


def test_an_outline_between_two_pixels_is_alike_on_both():
    image = canvas()
    draw_outline(image, SQUARE + [0.5, 0], COLOUR)
    profile = image[40, 70:92].astype(int)  # around x = 80.5
    np.testing.assert_allclose(profile, profile[::-1], atol=8)
    image = canvas()
    draw_outline(image, SQUARE, COLOUR)
    assert abs(image[40, 70:92].astype(int) - profile).max() > 40


def test_many_points_on_a_side_draw_the_same_line():
    few, many = canvas(), canvas()
    steps = np.linspace(0, 1, 64, endpoint=False)[:, None]
    ends = np.roll(SQUARE, -1, axis=0)
    dense = np.concatenate(
        [a + steps * (b - a) for a, b in zip(SQUARE, ends, strict=True)]
    )
    draw_outline(few, SQUARE, COLOUR)
    draw_outline(many, dense, COLOUR)
    np.testing.assert_array_equal(many, few)


def test_a_curve_stays_a_curve():
    image = canvas()
    turn = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    circle = 50 + 30 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    draw_outline(image, circle, COLOUR)
    x, y = circle[16:-16].round().astype(int).T  # away from the dot
    assert abs(image[y, x].astype(int) - COLOUR).max() < 60


@pytest.mark.parametrize('missing', [np.nan, np.inf, 1e30])
def test_a_missing_point_takes_its_two_lines_with_it(missing):
    image, points = canvas(), SQUARE.copy()
    points[2] = missing
    draw_outline(image, points, COLOUR)
    assert tuple(image[20, 50]) == COLOUR
    assert tuple(image[40, 20]) == COLOUR
    assert tuple(image[40, 80]) == (128, 128, 128)
    assert tuple(image[60, 50]) == (128, 128, 128)


def test_nothing_is_drawn_where_no_point_is_finite():
    image = canvas()
    draw_outline(image, np.full((8, 2), np.nan), COLOUR)
    assert (image == 128).all()


def test_a_line_to_a_far_point_keeps_its_direction():
    image = canvas()
    far = np.array([[20.0, 20], [20 + 1e6, 20 + 1e6], [20, 20 + 2e6]])
    draw_outline(image, far, COLOUR)
    assert tuple(image[70, 70]) == COLOUR
    assert tuple(image[70, 20]) == COLOUR


def test_lines_stay_open_and_apart():
    image = canvas()
    lines = [SQUARE[:3], np.array([[30.0, 80], [70, 80]])]
    draw.draw_lines(image, lines, COLOUR)
    assert tuple(image[40, 80]) == COLOUR
    assert tuple(image[80, 50]) == COLOUR
    assert tuple(image[60, 50]) == (128, 128, 128)
    assert tuple(image[40, 20]) == (128, 128, 128)


def test_a_line_seen_from_its_end_is_no_error():
    image = canvas()
    draw.draw_lines(image, [np.full((65, 2), 50.0)], COLOUR)
    assert tuple(image[50, 50]) == COLOUR
    assert tuple(image[50, 60]) == (128, 128, 128)


def test_a_dot_marks_the_first_corner():
    image = canvas()
    draw_outline(image, SQUARE, COLOUR)
    assert tuple(image[17, 20]) == COLOUR
    assert tuple(image[63, 20]) != COLOUR  # as far from the last


def test_dots_lie_on_their_points():
    image = canvas()
    draw.draw_dots(image, np.array([[30.0, 40], [np.nan, 1]]), 3.0, COLOUR)
    where = np.argwhere((image == COLOUR).all(axis=2))[:, ::-1]
    np.testing.assert_allclose(where.mean(axis=0), [30, 40])


def test_colours_are_told_apart():
    colours = np.array(draw.COLOURS, dtype=int)
    apart = abs(colours[:, None] - colours[None]).sum(-1)
    assert (apart + 999 * np.eye(len(colours))).min() > 60

"""Laws of the picture of a series."""

import numpy as np

from mmstn.visualization.curve import draw_curves, interval_border


def test_a_value_stands_above_its_cell_the_brightest_on_top():
    series = np.zeros((8, 3), np.uint8)
    series[5] = 255
    picture = draw_curves(series, 160)
    assert picture.shape == (80, 160, 3)
    assert picture[0, 109:111].min() > 100  # cell 5 is from 100 to 119
    assert not picture[0, :100].any()
    assert not picture[0, 120:].any()
    assert picture[-1, 20:80].min() > 100


def test_each_channel_has_a_curve_in_its_colour():
    series = np.zeros((4, 3), np.uint8)
    series[:] = (255, 128, 0)
    colours = draw_curves(series, 80)[[0, 19, 39], 40] > 100
    assert colours.tolist() == np.eye(3, dtype=bool).tolist()


def test_an_interval_is_a_box_as_high_as_the_series():
    ends = np.array([[[1.5], [4.5]], [[4.5], [1.5]]])
    border = interval_border(ends)
    assert border[0].tolist() == [
        [1.5, -0.5],
        [4.5, -0.5],
        [4.5, 0.5],
        [1.5, 0.5],
        [1.5, -0.5],
    ]
    assert border[1, 0].tolist() == [4.5, -0.5]  # it is read backwards

"""Laws of the three views of a volume."""

import numpy as np

from mmstn.visualization.volume import VIEWS, arrange, project

SIZE = (2, 3, 5)  # z, y, x
CELL = (1, 2, 4)


def test_a_bright_cell_is_where_the_axes_of_each_view_say():
    volume = np.zeros((*SIZE, 3), np.uint8)
    volume[CELL] = 200
    for axes, view in zip(VIEWS, project(volume), strict=True):
        across, down = axes
        assert view.shape == (SIZE[::-1][down], SIZE[::-1][across], 3)
        (place,) = np.argwhere(view[..., 0] == 200)
        assert place.tolist() == [CELL[::-1][down], CELL[::-1][across]]


def test_the_largest_value_is_seen():
    volume = np.random.default_rng(0).integers(256, size=(*SIZE, 3))
    front, side, below = project(volume)
    assert (front[1, 3] == volume[:, 1, 3].max(0)).all()
    assert (side[1, 0] == volume[0, 1].max(0)).all()
    assert (below[1, 3] == volume[1, :, 3].max(0)).all()


def test_no_view_covers_another_and_shared_axes_are_in_line():
    volume = np.zeros((20, 30, 50, 3), np.uint8)
    views = project(volume)
    for index, view in enumerate(views):
        view[:] = (10 + index, 20, 30)
    whole = arrange(views)
    corners = []
    for index, view in enumerate(views):
        rows, columns = np.nonzero((whole == (10 + index, 20, 30)).all(-1))
        assert len(rows) == view.shape[0] * view.shape[1]
        corners.append((rows.min(), columns.min()))
    front, side, below = corners
    assert side[0] == front[0]
    assert side[1] > front[1] + 50
    assert below[1] == front[1]
    assert below[0] > front[0] + 30

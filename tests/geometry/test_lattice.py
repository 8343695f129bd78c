import numpy as np
import pytest
import torch
from torch.testing import assert_close

from mmstn.geometry.lattice import axis, lattice, to_pixels

SIZES = [(1,), (5,), (1, 1), (4, 4), (3, 7), (2, 3, 5)]


@pytest.mark.parametrize('size', SIZES, ids=str)
def test_cell_centres_are_whole_pixels(size):
    pixels = to_pixels(lattice(size, torch.zeros(1)), size)
    indices = torch.from_numpy(np.indices(size)).movedim(0, -1)
    assert_close(pixels, indices.flip(-1).float())


def test_the_frame_ends_at_the_outer_edges_of_the_cells():
    corners = torch.tensor([[-1.0, -1.0], [1.0, 1.0]])
    pixels = to_pixels(corners, (4, 6))
    assert_close(pixels, torch.tensor([[-0.5, -0.5], [5.5, 3.5]]))


def test_a_coordinate_keeps_its_meaning_when_the_resolution_changes():
    coarse, fine = axis(4, torch.zeros(1)), axis(8, torch.zeros(1))
    assert_close(fine.unflatten(0, (4, 2)).mean(1), coarse)

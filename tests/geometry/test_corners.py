"""Laws of the homography through four corners."""

import torch
from torch.testing import assert_close

from mmstn.geometry.projective import apply_projective, homography_from_corners
from mmstn.geometry.tps import control_lattice

CORNERS = control_lattice(2, 2)


def test_each_corner_reads_where_it_is_told():
    torch.manual_seed(0)
    output = CORNERS + torch.empty(5, 4, 2).uniform_(-0.4, 0.4)
    source = CORNERS + torch.empty(5, 4, 2).uniform_(-0.4, 0.4)
    matrix = homography_from_corners(output.double(), source.double())
    read = torch.cat(
        [
            apply_projective(matrix[i : i + 1], output[i].double())
            for i in range(5)
        ]
    )
    assert_close(read, source.double())


def test_corners_that_stay_give_the_identity():
    corners = CORNERS.expand(1, 4, 2)
    matrix = homography_from_corners(corners, corners)
    assert_close(matrix, torch.eye(3, dtype=torch.float64).unsqueeze(0))

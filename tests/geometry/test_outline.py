from functools import partial

import torch
from torch.testing import assert_close

from mmstn.geometry.affine import apply_affine, attention_matrix
from mmstn.geometry.outline import box_edges, frame_perimeter, outline


def crop(theta, per_side):
    theta = torch.tensor([theta])
    read = partial(apply_affine, attention_matrix(theta))
    return outline(read, (20, 40), per_side, theta)[0]


def test_the_identity_runs_around_the_outer_corners():
    corners = [[-0.5, -0.5], [39.5, -0.5], [39.5, 19.5], [-0.5, 19.5]]
    assert_close(crop([1.0, 0.0, 0.0], 1), torch.tensor(corners))


def test_a_crop_is_its_box_in_pixels():
    corners = [[19.5, 4.5], [39.5, 4.5], [39.5, 14.5], [19.5, 14.5]]
    assert_close(crop([0.5, 0.5, 0.0], 1), torch.tensor(corners))


def test_along_one_axis_it_is_an_interval():
    theta = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    read = partial(apply_affine, attention_matrix(theta))
    expected = torch.tensor([[-0.5, 39.5], [19.5, 39.5]]).unsqueeze(-1)
    assert_close(outline(read, (40,), 7, theta), expected)


def test_more_points_lie_on_the_same_border_evenly():
    fine, corners = crop([0.5, 0.2, 0.1], 4), crop([0.5, 0.2, 0.1], 1)
    assert_close(fine[::4], corners)
    steps = fine.roll(-1, 0) - fine
    assert_close(steps.norm(dim=1)[:4], torch.full((4,), 5.0))
    assert_close(steps.norm(dim=1)[4:8], torch.full((4,), 2.5))


def test_the_border_lies_on_the_frame():
    points = frame_perimeter(5, torch.zeros(1))
    assert_close(points.abs().amax(1), torch.ones(20))


def test_a_box_has_twelve_edges_between_its_corners():
    lines = box_edges(4, torch.zeros(1))  # (12, 5, 3)
    assert_close(lines[0, 0], -torch.ones(3))
    ends = lines[:, [0, -1]]
    assert_close(ends.abs(), torch.ones(12, 2, 3))
    differ = (ends[:, 0] != ends[:, 1]).sum(1)
    assert differ.tolist() == [1] * 12
    assert len(ends.flatten(1).unique(dim=0)) == 12
    middle = (ends[:, 0] + ends[:, 1]) / 2
    assert_close(lines[:, 2], middle)

"""Patches come where they are told, and add up."""

import torch
from torch.testing import assert_close

from mmstn.datasets.digits.paste import paste


def test_a_patch_comes_to_its_corner():
    patches = torch.arange(1.0, 5).view(1, 1, 2, 2)
    picture = paste(torch.zeros(1, 4, 4), patches, torch.tensor([[[1, 2]]]))
    expected = torch.zeros(1, 4, 4)
    expected[0, 2:, 1:3] = patches[0, 0]
    assert_close(picture, expected)


def test_patches_of_one_picture_add_up_and_stay_off_the_next():
    corner = torch.tensor([[[0, 0], [1, 0]], [[2, 2], [2, 2]]])
    pictures = paste(torch.zeros(2, 4, 4), torch.ones(2, 2, 2, 2), corner)
    assert pictures[0, :2].tolist() == 2 * [[1, 2, 1, 0]]
    assert pictures[1, 2:].tolist() == 2 * [[0, 0, 2, 2]]
    assert pictures.sum((1, 2)).tolist() == [8, 8]

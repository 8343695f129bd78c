"""Laws of solid digits."""

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform
from scipy.spatial.transform import Rotation
from torch.testing import assert_close

from mmstn.datasets.digits.digit_volumes import DEPTH, turned_and_placed
from mmstn.registry import DATASETS

ALMOST = 1 - 1e-12


def volumes(root, canvas=60):
    cfg = dict(type='mmstn.DigitVolumes', data_root=str(root), canvas=canvas)
    return DATASETS.build(dict(cfg, download=False, pipeline=[]))


@pytest.fixture(name='sixty')
def sixty_fixture(few_digits):
    return volumes(few_digits)


def uniform(rows):
    return torch.rand(rows, 6, generator=torch.manual_seed(0)).double()


def at_rest(rows=1):
    return torch.full((rows, 6), 0.5).double()


def test_a_digit_at_rest_is_its_picture_sixteen_times(sixty):
    (volume,) = sixty.render(torch.tensor([4]), at_rest())
    expected = torch.zeros(60, 60, 60, dtype=torch.uint8)
    expected[22:38, 16:44, 16:44] = sixty.images[4]
    assert_close(volume[0], expected, rtol=0, atol=0)


def turned_by_scipy(image, draws, canvas):
    """Return the volume of one sample by another implementation."""
    rotation = (draws[:3].numpy() - 0.5) * np.pi / 2
    turn = Rotation.from_rotvec(rotation).as_matrix()  # of (x, y, z)
    reach = np.abs(turn) @ [14, 14, DEPTH / 2]
    shift = (2 * draws[3:].numpy() - 1) * (canvas / 2 - reach)
    solid = np.zeros((canvas, canvas, canvas))
    edge, front = (canvas - 28) // 2, (canvas - DEPTH) // 2
    frame = slice(edge, edge + 28)
    solid[front : front + DEPTH, frame, frame] = image.numpy()
    back, centre = turn.T[::-1, ::-1], (canvas - 1) / 2  # of (z, y, x)
    offset = centre - back @ (centre + shift[::-1])
    return affine_transform(solid, back, offset, order=1)


@pytest.mark.parametrize('row', range(4))
def test_a_solid_is_turned_and_placed_as_scipy_does(sixty, row):
    draws = uniform(4)[row]
    (volume,) = sixty.render(torch.tensor([row]), draws[None])
    expected = turned_by_scipy(sixty.images[row], draws, 60)
    expected = torch.from_numpy(expected).round()
    assert_close(volume[0].double(), expected, rtol=0, atol=1)


@pytest.mark.parametrize('axis', range(3))
@pytest.mark.parametrize('end', [0, ALMOST])
def test_it_reaches_the_sides_of_the_cube_and_stays_within(sixty, axis, end):
    draws = uniform(6)
    draws[:, 3 + axis] = end
    sixty.images = torch.full_like(sixty.images, 255)
    inputs = sixty.render(torch.arange(6), draws)
    sides = inputs.unbind(4 - axis)
    nearest = sides[:3] if end == 0 else sides[-3:]
    assert torch.stack(nearest).any(0).flatten(1).any(1).all()
    whole = sixty.render(
        torch.arange(6), torch.cat([draws[:, :3], at_rest(6)[:, :3]], 1)
    )
    ink, of_whole = (x.double().sum((1, 2, 3, 4)) for x in (inputs, whole))
    assert_close(ink, of_whole, rtol=0.02, atol=0)


def test_it_turns_by_45_degrees_about_each_axis_at_most():
    draws = at_rest(3)
    draws[range(3), range(3)] = ALMOST
    turn, _ = turned_and_placed(draws, 60)
    trace = turn.diagonal(dim1=1, dim2=2).sum(1)
    assert_close(trace, torch.full((3,), 1 + 2**0.5).double())


@pytest.mark.parametrize('canvas', [32, 44, 46])
def test_a_smaller_cube_holds_the_middle_of_a_larger_one(
    few_digits, sixty, canvas
):
    draws = uniform(3)
    draws[:, 3:] = 0.5
    numbers = torch.arange(3)
    small = volumes(few_digits, canvas).render(numbers, draws)
    edge = (60 - canvas) // 2
    middle = (..., *[slice(edge, 60 - edge)] * 3)
    expected = sixty.render(numbers, draws)[middle]
    assert_close(small.int(), expected.int(), rtol=0, atol=1)

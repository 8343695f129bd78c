"""A similarity of an oblong source's pixels: it turns and does not shear."""

import math

import cv2
import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.sampling import sample

OBLONG, DEEP = (12, 20), (4, 6, 10)


def build(size, source_size=None, output=None):
    cfg = dict(type='mmstn.SimilarityGrid', size=output or size)
    return MODELS.build(cfg | dict(source_size=source_size))


def random(grid, batch=3):
    torch.manual_seed(0)
    theta = torch.tensor(grid.identity).double().expand(batch, -1)
    return theta + 0.3 * torch.randn_like(theta)


def turned(image, angle, source_size):
    """The image read by a turn about its centre, and some of its shift."""
    grid = build(image.shape, source_size)
    theta = torch.tensor([[1.0, angle, 0.0, 0.0]])
    return sample(image[None, None], grid(theta))[0, 0]


def test_a_square_turned_by_a_right_angle_stays_a_square():
    image = torch.zeros(OBLONG)
    image[4:8, 8:12] = torch.rand(4, 4) + 1
    expected = image.clone()
    expected[4:8, 8:12] = image[4:8, 8:12].rot90(1)
    assert_close(turned(image, math.pi / 2, OBLONG), expected)
    sheared = turned(image, math.pi / 2, None)
    assert (sheared - expected).abs().max() > 0.5


@pytest.mark.parametrize('degrees', [90, 30, -75])
def test_opencv_turns_the_same(degrees):
    smooth = cv2.GaussianBlur(
        np.random.default_rng(0).random(OBLONG).astype(np.float32), (0, 0), 2
    )
    height, width = OBLONG
    centre = ((width - 1) / 2, (height - 1) / 2)
    # OpenCV turns the picture; theta turns what reads it
    matrix = cv2.getRotationMatrix2D(centre, degrees, 1)
    expected = cv2.warpAffine(smooth, matrix, (width, height))
    found = turned(torch.tensor(smooth), math.radians(degrees), OBLONG)
    inside = np.s_[3:-3, 6:-6]  # OpenCV rounds to 1/32 of a pixel
    assert_close(found.numpy()[inside], expected[inside], atol=0.01, rtol=0)


@pytest.mark.parametrize('size', [OBLONG, DEEP], ids=str)
@pytest.mark.parametrize('output', [None, 5], ids=['whole', 'small'])
def test_lengths_in_pixels_are_scaled_alike_in_every_direction(size, output):
    output = output and (output,) * len(size)
    grid = build(size, size, output)
    theta = random(grid)
    torch.manual_seed(1)
    points = torch.rand(6, len(size)).double() * 2 - 1
    pixels = to_pixels(points, size)
    read = to_pixels(grid.map_points(theta, points), size)
    before = torch.cdist(pixels, pixels).expand(3, -1, -1)
    after = torch.cdist(read, read)
    assert_close(after, theta[:, :1, None].abs() * before)


@pytest.mark.parametrize('size', [OBLONG, DEEP], ids=str)
def test_theta_is_found_again_from_its_matrix(size):
    grid = build(size, size)
    theta = random(grid)
    assert_close(grid.from_matrix(grid.matrix(theta)), theta)


@pytest.mark.parametrize('size', [OBLONG, DEEP], ids=str)
def test_composed_maps_act_one_after_the_other(size):
    grid = build(size, size)
    outer, inner = random(grid, 6).chunk(2)
    points = torch.rand(5, len(size)).double()
    expected = grid.map_points(outer, grid.map_points(inner, points))
    found = grid.map_points(grid.compose(outer, inner), points)
    assert_close(found, expected)


@pytest.mark.parametrize('size', [(8, 8), (2, 2, 2)], ids=str)
def test_on_a_square_source_it_changes_nothing(size):
    theta = random(build(size))
    assert_close(build(size, size)(theta), build(size)(theta))


@pytest.mark.parametrize('size', [OBLONG, DEEP], ids=str)
def test_the_identity_is_the_whole_source(size):
    plain, rigid = build(size), build(size, size)
    assert rigid.identity == plain.identity
    theta = torch.tensor([rigid.identity])
    assert_close(rigid(theta), plain(theta), atol=0, rtol=0)


def test_proportions_alone_count():
    theta = random(build(OBLONG))
    assert_close(build(OBLONG, (3, 5))(theta), build(OBLONG, OBLONG)(theta))


def test_its_description_is_in_pixels_proportions():
    theta = torch.tensor([[0.5, math.radians(40), 0.1, -0.2]])
    found = build(OBLONG, OBLONG).describe(theta)
    found = [found[name].item() for name in ('scale', 'angle', 'x', 'y')]
    assert found == pytest.approx([0.5, 40, 0.1, -0.2], rel=1e-5)


@pytest.mark.parametrize('source_size', [(12,), (0, 4), 12, (1, 2, 3)])
def test_an_unusable_source_size_is_refused(source_size):
    with pytest.raises(ValueError, match='source_size must be 2 whole posit'):
        build(OBLONG, source_size)

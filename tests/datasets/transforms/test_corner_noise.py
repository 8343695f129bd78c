"""Laws of corner noise: where the window reads, and when it is the same."""

import cv2
import numpy as np
import pytest
import torch
from mmpretrain.registry import TRANSFORMS
from torch.testing import assert_close

from mmstn.datasets.transforms.noise import noise_of
from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.projective import homography_from_corners, projective_grid
from mmstn.geometry.sampling import sample

SIZE = (36, 30)


def build(size=SIZE, **kwargs):
    cfg = dict(type='mmstn.CornerNoise', size=size, **kwargs)
    return TRANSFORMS.build(cfg)


def picture(seed=0):
    noise = np.random.default_rng(seed).random((50, 44, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return ((smooth - smooth.min()) / np.ptp(smooth) * 255).astype(np.uint8)


def draw(transform, index):
    noise = noise_of(dict(sample_idx=index), transform.seed)
    return noise.standard_normal((5, 2))


def windows(transform, indices):
    return [
        transform(dict(img=picture(), sample_idx=i))['img'] for i in indices
    ]


def test_without_noise_it_is_the_middle():
    result = build(deviation=0)(dict(img=picture()))
    assert (result['img'] == picture()[7:43, 7:37]).all()
    assert result['img_shape'] == SIZE


def test_the_corners_have_the_deviation_of_the_source():
    transform = build()
    generator = np.random.default_rng(0)
    draws = generator.standard_normal((40000, 5, 2))
    draws = [d for d in draws if np.abs(d).max() < 2.5]  # most are convex
    moves = [transform.read(d, (50, 44)) for d in draws]
    still = transform.read(np.zeros((5, 2)), (50, 44))
    moves = np.stack(moves) - still
    moves /= [(SIZE[1] - 1) / 2, (SIZE[0] - 1) / 2]
    assert moves.std((0, 1)) == pytest.approx([0.35, 0.35], abs=0.03)
    together = moves.mean(1).std(0)
    expected = 0.25 * (1 + 1 / 4) ** 0.5
    assert together == pytest.approx([expected] * 2, abs=0.03)


def test_it_reads_where_a_homography_through_its_corners_does():
    transform = build(seed=3)
    read = transform.read(draw(transform, 5), (50, 44))
    found = transform(dict(img=picture(), sample_idx=5))['img']
    order = [0, 1, 3, 2]  # of the geometry: row by row
    pixels = torch.stack(
        [
            torch.tensor(transform.corners(SIZE)[order]),
            torch.tensor(read[order]),
        ]
    )
    sides = torch.tensor([[SIZE[1], SIZE[0]], [44, 50]]).view(2, 1, 2)
    own, moved = (2 * pixels + 1) / sides - 1
    assert_close(to_pixels(own, SIZE), pixels[0])
    matrix = homography_from_corners(own[None], moved[None])
    grid = projective_grid(matrix.float(), SIZE)
    source = torch.tensor(picture()).movedim(-1, 0)[None].float()
    expected = sample(source, grid, padding='border')[0].movedim(0, -1)
    apart = (expected - torch.tensor(found).float()).abs()
    assert apart.max() < 4  # of 255; OpenCV rounds to 1/32 of a pixel


@pytest.mark.parametrize('index', range(50))
def test_the_window_is_always_convex(index):
    transform = build(seed=0, deviation=0.5)
    read = transform.read(draw(transform, index), (50, 44))
    half = build(seed=0, deviation=0.25)
    calm = half.read(draw(half, index), (50, 44))
    convex = cv2.isContourConvex(read.astype(np.float32)[:, None])
    assert convex or (read == calm).all()


def test_a_window_that_folds_moves_by_half():
    transform = build(deviation=1)
    draws = np.zeros((5, 2))
    draws[0] = 1.5  # the first corner, over the diagonal of the others
    half = build(deviation=0.5).read(draws, SIZE)
    assert_close(transform.read(draws, SIZE), half)
    draws[0] = 0.5
    moved = transform.read(draws, SIZE) - transform.corners(SIZE)
    assert_close(moved[0], 0.5 * np.array([29, 35]) / 2)


def test_with_a_seed_an_image_always_has_the_same_noise():
    first, second = windows(build(seed=1), [4, 5])
    assert (first != second).any()
    np.random.seed(9)  # noqa: NPY002
    again = windows(build(seed=1), [5, 4])
    assert (again[0] == second).all()
    assert (again[1] == first).all()
    assert (windows(build(seed=2), [4])[0] != first).any()


def test_without_a_seed_noise_is_fresh():
    first, second = windows(build(), [4, 4])
    assert (first != second).any()


def test_a_grey_image_stays_one():
    result = build()(dict(img=picture()[..., 0]))
    assert result['img'].shape == SIZE


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(size=36), r'size must be \(H, W\)'),
        (dict(size=(36, 0)), r'size must be \(H, W\)'),
        (dict(deviation=-1), 'deviation must be a number from 0'),
        (dict(seed=-1), 'seed must be an integer from 0, or None'),
    ],
    ids=str,
)
def test_an_unusable_argument_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(**kwargs)


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match='must lie in the image.*resize it'):
        build((60, 60))(dict(img=picture()))

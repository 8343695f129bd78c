"""Polygons against OpenCV, angles and small cells."""

import cv2
import numpy as np
import pytest
import torch
from torch.testing import assert_close

from mmstn.geometry.outline import frame_perimeter
from mmstn.geometry.polygon import (
    clip,
    contains,
    polygon_box_iou,
    signed_area,
)


def polygon(kind, seed=0):
    """A polygon within 40 pixels, float64 ``(1, P, 2)``."""
    rng = np.random.default_rng(seed)
    if kind == 'convex':
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radii = np.full(9, rng.uniform(8, 18))
    if kind == 'star':
        angles = np.linspace(0, 2 * np.pi, 30, endpoint=False)
        radii = rng.uniform(2, 19, 30)
    if kind == 'crossing':  # winds around its middle twice, and back outside
        angles = np.linspace(0, 4 * np.pi, 41, endpoint=False)
        radii = 12 + 7 * np.cos(1.5 * angles)
    points = np.stack([np.cos(angles), np.sin(angles)], -1) * radii[:, None]
    return torch.from_numpy(points + rng.uniform(17, 23, 2))[None]


def winding(corners, points):
    """How often ``corners (P, 2)`` wind around each point, by angles."""
    way = corners[None] - points[:, None]  # (K, P, 2)
    angle = np.arctan2(way[..., 1], way[..., 0])
    step = np.diff(angle, axis=1, append=angle[:, :1])
    step = (step + np.pi) % (2 * np.pi) - np.pi
    return np.rint(step.sum(1) / (2 * np.pi)).astype(int)


def fine_points(step=0.2):
    """Centres of small cells that tile 40 by 40 pixels."""
    cells = np.arange(0, 40, step) + step / 2
    return np.stack(np.meshgrid(cells, cells), -1).reshape(-1, 2)


KINDS = ['convex', 'star', 'crossing']
BOX = torch.tensor([[11.2, 9.0, 30.2, 20.6]]).double()


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('kind', ['convex', 'star'])
def test_points_are_inside_as_opencv_says(kind, seed):
    shape = polygon(kind, seed)
    points = torch.rand(1, 200, 2, generator=torch.manual_seed(seed)) * 40
    corners = shape[0].float().numpy()
    said = [
        cv2.pointPolygonTest(corners, tuple(point), measureDist=False) > 0
        for point in points[0].tolist()
    ]
    assert sum(said) > 20
    assert contains(shape, points.double())[0].tolist() == said


@pytest.mark.parametrize('mirrored', [False, True])
@pytest.mark.parametrize('kind', KINDS)
def test_points_are_inside_that_the_polygon_winds_around(kind, mirrored):
    shape = polygon(kind)
    shape = shape.flip(1) if mirrored else shape
    points = fine_points(0.5)
    turns = winding(shape[0].numpy(), points)
    assert kind != 'crossing' or abs(turns).max() == 2
    found = contains(shape, torch.from_numpy(points)[None])[0]
    assert found.tolist() == (turns != 0).tolist()


@pytest.mark.parametrize('mirrored', [False, True])
def test_boxes_side_by_side_share_no_point(mirrored):
    left = torch.tensor([[[0.0, 0], [2, 0], [2, 2], [0, 2]]])
    left = left.flip(1) if mirrored else left
    right = left + torch.tensor([2.0, 0.0])
    points = torch.tensor([[[0.0, 0], [2, 0], [2, 1], [1, 2], [4, 1]]])
    assert contains(left, points).tolist() == [[True] + [False] * 4]
    expected = [[False, True, True, False, False]]
    assert contains(right, points).tolist() == expected


@pytest.mark.parametrize('kind', KINDS)
def test_the_area_counts_how_often_each_place_is_wound_around(kind):
    shape = polygon(kind)
    turns = winding(shape[0].numpy(), fine_points())
    expected = torch.tensor([turns.sum() * 0.2**2]).double()
    assert_close(signed_area(shape), expected, rtol=5e-3, atol=0)
    assert_close(signed_area(shape.flip(1)), -signed_area(shape))


def test_the_area_of_a_border_is_positive():
    assert_close(
        signed_area(frame_perimeter(3, BOX)[None]), BOX.new_tensor([4.0])
    )


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('seed', range(3))
def test_a_clipped_polygon_winds_as_often_around_points_in_the_box(kind, seed):
    shape = polygon(kind, seed)
    points = fine_points()
    low, high = BOX[0, :2].numpy(), BOX[0, 2:].numpy()
    within = ((points > low) & (points < high)).all(-1)
    expected = (winding(shape[0].numpy(), points) * within).sum() * 0.2**2
    part = clip(shape, BOX)
    assert_close(signed_area(part).item(), expected, rtol=5e-3, atol=0)
    assert (part >= BOX[:, None, :2]).all()
    assert (part <= BOX[:, None, 2:]).all()


@pytest.mark.parametrize('mirrored', [False, True])
@pytest.mark.parametrize('seed', range(5))
def test_the_iou_of_a_convex_polygon_is_opencvs(seed, mirrored):
    shape = polygon('convex', seed)
    corners = shape[0].float().numpy()
    left, top, right, bottom = BOX[0].tolist()
    frame = [[left, top], [right, top], [right, bottom], [left, bottom]]
    frame = np.float32(frame)
    shared, _ = cv2.intersectConvexConvex(corners, frame)
    union = cv2.contourArea(corners) + cv2.contourArea(frame) - shared
    found = polygon_box_iou(shape.flip(1) if mirrored else shape, BOX)
    assert shared > 0
    assert_close(found.item(), shared / union, rtol=1e-5, atol=0)


@pytest.mark.parametrize('seed', range(3))
def test_the_iou_of_any_polygon_is_that_of_small_cells(seed):
    shape, points = polygon('star', seed), fine_points()
    one = winding(shape[0].numpy(), points) != 0
    low, high = BOX[0, :2].numpy(), BOX[0, 2:].numpy()
    other = ((points > low) & (points < high)).all(-1)
    expected = (one & other).sum() / (one | other).sum()
    assert_close(
        polygon_box_iou(shape, BOX).item(), expected, rtol=5e-3, atol=0
    )


def test_an_iou_is_one_with_itself_and_nought_apart():
    left, top, right, bottom = BOX[0].tolist()
    same = [[left, top], [right, top], [right, bottom], [left, bottom]]
    same = torch.tensor([same]).double()
    apart = same + torch.tensor([[[20.0, 0.0]]])
    boxes = BOX.expand(2, -1)
    expected = torch.tensor([1.0, 0.0]).double()
    assert_close(polygon_box_iou(torch.cat([same, apart]), boxes), expected)


def frame(left=0.0, width=4.0, turns=1):
    """A rectangle two high, back to its start, float64."""
    corners = [[0, 0], [width, 0], [width, 2], [0, 2]] * turns + [[0, 0]]
    return torch.tensor(corners).double() + torch.tensor([left, 0])


@pytest.mark.parametrize(
    ('shape', 'expected'),
    [
        (frame(turns=2), 0.5),  # read twice, so half of it is elsewhere
        (torch.cat([frame(), frame(6, 3).flip(0)]), 0.25),
        (frame()[[0, 2, 1, 3]], 0),
    ],
    ids=['twice', 'and another the other way', 'eight'],
)
def test_an_iou_of_what_crosses_itself_stays_below_one(shape, expected):
    box = torch.tensor([[0.0, 0, 4, 2]]).double()
    found = polygon_box_iou(shape[None], box)
    assert_close(found, torch.tensor([expected]).double())


def test_an_area_far_from_the_origin_is_as_exact():
    far = frame()[None].float() + 1e5
    assert signed_area(far).item() == 8


@pytest.mark.parametrize('value', [torch.nan, torch.inf, -torch.inf, 1e300])
def test_a_polygon_that_is_not_finite_contains_nothing(value):
    shapes = polygon('convex').repeat(2, 1, 1)
    shapes[1, 3, 0] = value
    middle = shapes[:1].mean(1, keepdim=True).repeat(2, 1, 1)
    assert polygon_box_iou(shapes, BOX.expand(2, -1))[0] > 0
    if value != 1e300:
        assert contains(shapes, middle).tolist() == [[True], [False]]
    assert polygon_box_iou(shapes, BOX.expand(2, -1))[1] < 1e-9

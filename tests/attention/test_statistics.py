"""Statistics of thetas against values calculated by hand."""

import math

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

from mmstn.attention.statistics import (
    collapse_warnings,
    mean_and_deviation,
    share_outside,
)

TURN = math.radians(30)
COS, SIN = math.cos(TURN), math.sin(TURN)
SIZES = {2: (28, 28), 3: (12, 20, 28)}


def family(name, axes=2, **kwargs):
    return MODELS.build(dict(type=f'mmstn.{name}', size=SIZES[axes], **kwargs))


def of(grid, *thetas):
    return grid.describe(torch.tensor(thetas, dtype=torch.float32))


@pytest.mark.parametrize(
    ('name', 'axes', 'theta', 'expected'),
    [
        ('AttentionGrid', 2, (0.5, 0.1, -0.2), (0.5, 0, 0.1, -0.2)),
        ('AttentionGrid', 2, (-0.5, 0.1, 0), (0.5, 180, 0.1, 0)),
        ('AttentionGrid', 3, (0.5, 0.1, -0.2, 0.3), (0.5, 0, 0.1, -0.2, 0.3)),
        ('SimilarityGrid', 2, (0.7, TURN, 0.1, 0), (0.7, 30, 0.1, 0)),
        (
            'SimilarityGrid',
            3,
            (0.7, 0, -TURN, 0, 0.1, 0, 0.2),
            (0.7, 30, 0.1, 0, 0.2),
        ),
        # 2 along x and 0.5 along y, then turned: an area of 1
        (
            'AffineGrid',
            2,
            (2 * COS, -0.5 * SIN, 0.1, 2 * SIN, 0.5 * COS, 0.2),
            (1, 30, 0.1, 0.2),
        ),
        (
            'AffineGrid',
            3,
            (2 * COS, -2 * SIN, 0, 0.1, 2 * SIN, 2 * COS, 0, 0, 0, 0, 2, 0.3),
            (2, 30, 0.1, 0, 0.3),
        ),
        # the centre reads (0.2, 0); the slope of x there is 0.9 - 0.2 * 0.5
        (
            'ProjectiveGrid',
            2,
            (0.9, 0, 0.2, 0, 0.8, 0, 0.5, 0),
            (0.8, 0, 0.2, 0),
        ),
    ],
)
def test_scale_angle_and_shift(name, axes, theta, expected):
    names = ('scale', 'angle', 'x', 'y', 'z')
    found = of(family(name, axes), theta)
    wanted = dict(zip(names, expected, strict=False))
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        assert_close(found[key].item(), float(value), atol=1e-4, rtol=0)


def test_a_translation_has_only_its_place():
    found = of(family('TranslationGrid', scale=0.5), (0.1, -0.2))
    assert {k: round(v.item(), 5) for k, v in found.items()} == {
        'x': 0.1,
        'y': -0.2,
    }


def test_a_spline_has_the_mean_displacement_of_its_control_points():
    grid = family('TPSGrid')
    theta = torch.tensor(grid.identity).view(16, 2)
    theta[:8] += torch.tensor([0.3, 0.4])  # by 0.5, half of the points
    found = of(grid, theta.flatten().tolist())
    assert_close(found, {'displacement': torch.tensor([0.25])})


def test_mean_and_deviation_are_of_the_batch():
    values = torch.tensor([1.0, 2, 3, 6])
    assert_close(mean_and_deviation(values, None), (3.0, math.sqrt(3.5)))


@pytest.mark.parametrize('middle', [0.0, 90.0, 180.0])
def test_angles_are_averaged_around_the_turn(middle):
    angles = middle + torch.tensor([-10.0, 10, -10, 10])
    angles = torch.remainder(angles + 180, 360) - 180
    mean, deviation = mean_and_deviation(angles, 360)
    assert abs((mean - middle + 180) % 360 - 180) < 1e-3
    assert_close(deviation, 10.0, atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ('theta', 'share'),
    [
        ((1.0, 0, 0), 0.0),
        ((2.0, 0, 0), 3 / 4),  # a quarter of the area is the source
        ((1.0, 0.5, 0), 1 / 4),
        ((1.0, 2.0, 0), 1.0),
    ],
)
def test_the_share_outside_is_a_share_of_the_area(theta, share):
    points = family('AttentionGrid').read_points(torch.tensor([theta]))
    assert_close(share_outside(points).item(), share, atol=1e-6, rtol=0)


def found(name, *thetas, axes=2):
    grid = family(name, axes)
    theta = torch.tensor(thetas, dtype=torch.float32)
    return collapse_warnings(
        grid, theta, torch.tensor(grid.identity), SIZES[axes]
    )


def test_a_working_transformer_gets_no_warning():
    assert found('AttentionGrid', (0.8, 0.1, 0), (0.7, 0, 0.2)) == {}


@pytest.mark.parametrize(
    ('thetas', 'is_constant'),
    [
        ([(0.8, 0.1, 0)] * 4, True),
        ([(1, 0, 0)] * 4, False),  # where it started
        ([(1.001, 0, 0)] * 4, False),  # hardly left
        ([(0.8, 0.1, 0)], False),  # one sample says nothing
        ([(0.8, 0.1, 0), (0.8, 0.101, 0)], False),
    ],
)
def test_the_same_theta_for_all_is_a_collapse_once_it_moved(
    thetas, is_constant
):
    assert ('constant' in found('AttentionGrid', *thetas)) == is_constant


def test_less_than_a_pixel_is_a_collapse():
    # 28 cells over 0.03 * 28 pixels; over 0.1 * 28
    spot, crop = (0.03, 0, 0), (0.1, 0.1, 0)
    assert 'point' in found('AttentionGrid', spot, spot, spot, crop)
    assert 'point' not in found('AttentionGrid', spot, crop, crop, crop)


def test_only_the_outside_is_a_collapse():
    away, partly = (0.5, 1.6, 0), (0.5, 1.2, 0)
    words = found('AttentionGrid', away, away, away, partly)['outside']
    assert words == 'reads outside its source in 75% of the samples'
    assert 'outside' not in found('AttentionGrid', away, partly, partly)


@pytest.mark.parametrize(
    ('name', 'axes', 'mirrored', 'upright'),
    [
        ('AffineGrid', 2, (-1, 0, 0, 0, 1, 0), (-1, 0, 0, 0, -1, 0)),
        ('AttentionGrid', 3, (-1, 0, 0, 0), (1, 0, 0, 0)),
        (
            'ProjectiveGrid',
            2,
            (0.9, 0, 2, 0, 0.8, 0, 0.5, 0),
            (0.9, 0, 1, 0, 0.8, 0, 0.5, 0),
        ),
    ],
)
def test_a_mirror_image_is_a_collapse(name, axes, mirrored, upright):
    assert 'flipped' in found(name, mirrored, axes=axes)
    assert 'flipped' not in found(name, upright, axes=axes)


def test_a_mirrored_spline_is_found():
    identity = torch.tensor(family('TPSGrid').identity).view(-1, 2)
    mirrored = (identity * torch.tensor([-1, 1])).flatten().tolist()
    assert found('TPSGrid', mirrored).keys() == {'flipped'}
    assert found('TPSGrid', identity.flatten().tolist()) == {}

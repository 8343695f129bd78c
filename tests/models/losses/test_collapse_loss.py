"""A window is as large as it should be, or it costs a logarithm."""

import math

import pytest
import torch
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch.testing import assert_close

from mmstn.models.losses import CollapseLoss
from mmstn.models.transformer.find import Reading

FAMILIES = [
    'AttentionGrid',
    'SimilarityGrid',
    'AffineGrid',
    'ProjectiveGrid',
    'TPSGrid',
]
LOSS = CollapseLoss(smallest=0.5, largest=1.5)


def reading(family, theta, axes=2, **others):
    size = (8,) * axes
    transformer = MODELS.build(small_transformer(family, size, **others))
    source = torch.zeros(2, 1, *size)
    theta = torch.as_tensor(theta, dtype=torch.float32).expand(2, -1)
    return Reading('name', transformer, transformer.grid, theta, source)


def window(family, scale, axes=2):
    grid = MODELS.build(dict(type=f'mmstn.{family}', size=(8,) * axes))
    centre = (0.3, -0.2, 0.1)[:axes]
    return reading(family, grid.window_theta(scale, centre), axes)


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize(
    ('scale', 'expected'),
    [(0.25, math.log(2)), (0.5, 0), (1, 0), (1.5, 0), (3, math.log(2))],
)
def test_beyond_the_bounds_it_is_the_logarithm(family, scale, expected):
    loss = LOSS([window(family, scale)])
    assert_close(loss, torch.tensor(float(expected)), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ('family', 'axes'), [('AttentionGrid', 1), ('SimilarityGrid', 3)]
)
def test_so_in_a_series_and_a_volume(family, axes):
    loss = LOSS([window(family, 0.25, axes)])
    assert_close(loss, torch.tensor(math.log(2)), atol=1e-5, rtol=0)


def test_a_window_is_as_large_as_its_area():
    stretched = reading('AffineGrid', (1.0, 0, 0, 0, 1 / 16, 0))
    mirrored = reading('AffineGrid', (-0.25, 0, 0, 0, 0.25, 0))
    for found in (stretched, mirrored):
        assert_close(LOSS([found]), torch.tensor(math.log(2)))


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('scale', [0.1, 0.45, 2.0])
def test_following_its_gradient_a_window_comes_back(family, scale):
    found = window(family, scale)
    theta = found.theta.clone().requires_grad_()
    optimizer = torch.optim.SGD([theta], lr=0.05)
    values = []
    for _ in range(30):
        values.append(LOSS([found._replace(theta=theta)]))
        optimizer.zero_grad()
        values[-1].backward()
        optimizer.step()
    assert values[-1] < 0.95 * values[0]


def test_the_gradient_grows_as_the_window_shrinks():
    gradients = []
    for scale in (0.4, 0.1):
        found = window('AttentionGrid', scale)
        theta = found.theta.clone().requires_grad_()
        LOSS([found._replace(theta=theta)]).backward()
        gradients.append(theta.grad[:, 0].sum())
    assert_close(torch.stack(gradients), torch.tensor([-2.5, -10.0]))


def test_a_point_and_a_theta_that_is_not_finite_leave_finite_gradients():
    theta = torch.tensor([[0.0, 0, 0], [math.nan, 0, 0]], requires_grad=True)
    loss = LOSS([reading('AttentionGrid', (1, 0, 0))._replace(theta=theta)])
    loss.backward()
    assert loss.isfinite()
    assert theta.grad[0].isfinite().all()


def test_points_behind_a_camera_do_not_count():
    theta = torch.tensor([[0.2, 0, 0, 0, 0.2, 0, 2, 0]], requires_grad=True)
    found = reading('ProjectiveGrid', theta.detach()[0])
    loss = LOSS([found._replace(theta=theta)])
    loss.backward()
    assert loss.isfinite()
    assert theta.grad.isfinite().all()


def test_n_parallel_transformers_count_as_n_single_ones():
    parallel = MODELS.build(
        small_transformer(num_transformers=2, starts=[(1, 0, 0)] * 2)
    )
    theta = torch.tensor([[[0.25, 0, 0], [1, 0, 0]]])
    source = torch.zeros(1, 1, 8, 8)
    found = Reading('name', parallel, parallel.grid, theta, source)
    assert_close(LOSS([found]), torch.tensor(math.log(2) / 2))


@pytest.mark.parametrize(
    'bounds', [(0, 1), (2, 1), ('1', 2), (1, math.inf)], ids=repr
)
def test_bounds_that_are_none_are_refused(bounds):
    with pytest.raises(ValueError, match='CollapseLoss: smallest and larges'):
        CollapseLoss(smallest=bounds[0], largest=bounds[1])

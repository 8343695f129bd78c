"""Losses on theta against values calculated by hand, in every family."""

import pytest
import torch
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch.testing import assert_close

from mmstn.models.losses import IdentityLoss, OutsideLoss, PosteriorLoss
from mmstn.models.transformer import Posterior
from mmstn.models.transformer.find import Reading

FAMILIES = [
    'TranslationGrid',
    'AttentionGrid',
    'SimilarityGrid',
    'AffineGrid',
    'ProjectiveGrid',
    'TPSGrid',
]


def reading(family, theta, **others):
    """A reading of a theta ``(P,)`` in both of two samples."""
    transformer = MODELS.build(small_transformer(family, **others))
    theta = torch.as_tensor(theta, dtype=torch.float32).expand(2, -1)
    source = torch.zeros(2, 1, 8, 8)
    return Reading('name', transformer, transformer.grid, theta, source)


@pytest.mark.parametrize('family', FAMILIES)
def test_the_start_costs_nothing(family):
    grid = MODELS.build(dict(type=f'mmstn.{family}', size=(8, 8)))
    found = reading(family, grid.identity)
    for loss in (OutsideLoss(), IdentityLoss()):
        assert_close(loss([found]), torch.tensor(0.0))


@pytest.mark.parametrize(
    ('theta', 'expected'),
    [
        ((1.0, 1.0, 0.0), 0.25),  # half of it, half a half side on average
        ((2.0, 0.0, 0.0), 0.5),  # along each axis the same
        ((0.5, 0.5, 0.5), 0.0),
        ((0.1, 3.0, 0.0), 2.0),
    ],
)
def test_the_distance_outside_is_in_half_sides(theta, expected):
    loss = OutsideLoss()([reading('AttentionGrid', theta)])
    assert_close(loss, torch.tensor(expected))


def test_the_pull_is_the_mean_square_from_the_start():
    found = reading('AttentionGrid', (1.0, 0.3, 0), start=(0.5, 0.0, 0.0))
    expected = torch.tensor((0.25 + 0.09) / 3)
    assert_close(IdentityLoss()([found]), expected)
    assert_close(IdentityLoss(weight=3.0)([found]), 3 * expected)


def test_of_several_readings_it_is_the_mean():
    far, near = (reading('AttentionGrid', (1.0, x, 0.0)) for x in (1.0, 0.0))
    assert_close(OutsideLoss()([far, near]), torch.tensor(0.125))


@pytest.mark.parametrize('loss', [OutsideLoss(), IdentityLoss()], ids=repr)
def test_n_parallel_transformers_count_as_n_single_ones(loss):
    parallel = MODELS.build(
        small_transformer(num_transformers=2, starts=[(1, 0, 0)] * 2)
    )
    torch.manual_seed(0)
    theta = torch.tensor([1.0, 0, 0]) + 0.5 * torch.randn(2, 2, 3)
    source = torch.zeros(2, 1, 8, 8)
    together = Reading('name', parallel, parallel.grid, theta, source)
    single = MODELS.build(small_transformer())
    alone = [
        Reading('name', single, single.grid, each, source)
        for each in theta.unbind(1)
    ]
    assert_close(loss([together]), loss(alone))


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('loss', [OutsideLoss(), IdentityLoss()], ids=repr)
def test_following_its_gradient_it_falls(loss, family):
    transformer = MODELS.build(small_transformer(family))
    theta = torch.tensor(transformer.grid.window_theta(1.3, (0.4, -0.3)))
    theta.requires_grad_()
    optimizer = torch.optim.SGD([theta], lr=0.05)
    values = []
    for _ in range(20):
        source = torch.zeros(1, 1, 8, 8)
        found = Reading(
            'name', transformer, transformer.grid, theta[None], source
        )
        values.append(loss([found]))
        optimizer.zero_grad()
        values[-1].backward()
        optimizer.step()
    assert values[0] > 0
    assert values[-1] < 0.99 * values[0]


def test_points_behind_a_camera_do_not_count():
    found = reading('ProjectiveGrid', (0.2, 0, 0, 0, 0.2, 0, 2, 0))
    loss = OutsideLoss()([found])
    assert loss.isfinite()


def with_posterior(log_variance, count=None):
    """A reading whose localiser drew, ``log_variance (2, [N *] 3)``."""
    transformer = MODELS.build(
        small_transformer(deviation=0.1, num_transformers=count)
    )
    source = torch.zeros(2, 1, 8, 8)
    theta = transformer.locate(source)
    log_variance = torch.tensor(log_variance, requires_grad=True)
    posterior = Posterior(theta.flatten(1), log_variance)
    return Reading(
        'name', transformer, transformer.grid, theta, source, posterior
    )


def test_the_entropy_is_half_the_sum_of_log_variances():
    found = with_posterior([[-1.0, -2.0, -3.0], [-2.0, -4.0, 0.0]])
    assert_close(PosteriorLoss()([found]), torch.tensor(3.0))
    assert_close(PosteriorLoss(weight=0.1)([found]), torch.tensor(0.3))


def test_the_entropy_differs_from_the_true_one_by_a_constant():
    differences = []
    for deviation in (0.1, 0.7):
        log_variance = 2 * torch.tensor(deviation).log()
        found = with_posterior(log_variance.expand(2, 3).tolist())
        normal = torch.distributions.Normal(0.0, deviation)
        differences.append(PosteriorLoss()([found]) + 3 * normal.entropy())
    assert_close(differences[0], differences[1])


def test_the_entropy_of_parallel_transformers_is_their_mean():
    two = with_posterior([[-1.0, -2, -3, -5, -5, -2]] * 2, count=2)
    assert_close(PosteriorLoss()([two]), torch.tensor((3.0 + 6.0) / 2))


def test_the_entropy_widens_every_number():
    found = with_posterior([[-1.0, -2.0, -3.0]] * 2)
    PosteriorLoss(weight=0.6)([found]).backward()
    gradient = found.posterior.log_variance.grad
    assert_close(gradient, torch.full((2, 3), -0.6 / 2 / 2))


def test_transformers_without_a_posterior_do_not_count():
    found = with_posterior([[-1.0, -2.0, -3.0]] * 2)
    sure = reading('AttentionGrid', (1.0, 0.0, 0.0))
    assert_close(PosteriorLoss()([sure, found]), torch.tensor(3.0))
    with pytest.raises(ValueError, match='no transformer has a posterior; g'):
        PosteriorLoss()([sure])

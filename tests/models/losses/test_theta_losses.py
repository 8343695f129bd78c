"""Losses on theta against values calculated by hand, in every family."""

import math

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
    loss = OutsideLoss()([found])  # all others are inside
    assert_close(loss, torch.tensor(0.0))


def with_posterior(mean, log_variance, count=None):
    """A reading whose localiser drew, both ``(2, [N *] 3)``."""
    starts = dict(starts=[(1, 0, 0)] * count) if count else {}
    transformer = MODELS.build(
        small_transformer(deviation=0.1, num_transformers=count, **starts)
    )
    source = torch.zeros(2, 1, 8, 8)
    theta = transformer.locate(source)
    posterior = Posterior(
        torch.tensor(mean, requires_grad=True),
        torch.tensor(log_variance, requires_grad=True),
    )
    return Reading(
        'name', transformer, transformer.grid, theta, source, posterior
    )


MEANS = [[1.2, 0.1, -0.3], [0.8, 0.0, 0.5]]
LOG_VARIANCES = [[-1.0, -2.0, -3.0], [-2.0, -4.0, 0.5]]


def test_the_divergence_is_that_of_normal_distributions():
    found = with_posterior(MEANS, LOG_VARIANCES)
    normal = torch.distributions.Normal(
        torch.tensor(MEANS), (torch.tensor(LOG_VARIANCES) / 2).exp()
    )
    start = torch.tensor([1.0, 0.0, 0.0])
    prior = torch.distributions.Normal(start, torch.full((3,), 0.2))
    expected = torch.distributions.kl_divergence(normal, prior)
    expected = expected.sum(1).mean()
    loss = PosteriorLoss(deviation=0.2)
    assert_close(loss([found]), expected)
    assert_close(
        PosteriorLoss(weight=0.1, deviation=0.2)([found]), 0.1 * expected
    )


def test_at_the_prior_the_divergence_is_zero():
    found = with_posterior(
        [[1.0, 0.0, 0.0]] * 2, [[2 * math.log(0.3)] * 3] * 2
    )
    loss = PosteriorLoss()([found])
    assert_close(loss, torch.tensor(0.0), atol=1e-6, rtol=0)


def test_from_a_wide_prior_it_is_the_negative_entropy_and_a_constant():
    differences = []
    for deviation in (0.1, 0.7):
        log_variance = [[2 * math.log(deviation)] * 3] * 2
        found = with_posterior(MEANS, log_variance)
        entropy = 3 * torch.distributions.Normal(0.0, deviation).entropy()
        differences.append(PosteriorLoss(deviation=1e3)([found]) + entropy)
    assert_close(differences[0], differences[1])


def test_the_divergence_of_parallel_transformers_is_their_mean():
    means = [row + row for row in MEANS]
    log_variances = [
        one + other
        for one, other in zip(LOG_VARIANCES, LOG_VARIANCES[::-1], strict=True)
    ]
    two = with_posterior(means, log_variances, count=2)
    alone = [
        with_posterior(MEANS, LOG_VARIANCES),
        with_posterior(MEANS, LOG_VARIANCES[::-1]),
    ]
    assert_close(PosteriorLoss()([two]), PosteriorLoss()(alone))


def test_the_divergence_reaches_mean_and_variance():
    found = with_posterior(MEANS, LOG_VARIANCES)
    PosteriorLoss()([found]).backward()
    mean, log_variance = found.posterior
    moved = mean.detach() - torch.tensor([1.0, 0.0, 0.0])
    assert_close(mean.grad, moved / 0.09 / 2)
    narrow = log_variance.detach() < 2 * math.log(0.3)
    assert ((log_variance.grad < 0) == narrow).all()


def test_transformers_without_a_posterior_do_not_count():
    found = with_posterior(MEANS, LOG_VARIANCES)
    sure = reading('AttentionGrid', (1.0, 0.0, 0.0))
    expected = PosteriorLoss()([found])
    assert_close(PosteriorLoss()([sure, found]), expected)
    with pytest.raises(ValueError, match='no transformer has a posterior; g'):
        PosteriorLoss()([sure])


@pytest.mark.parametrize('deviation', [0, float('inf'), '1'], ids=repr)
def test_a_prior_without_a_deviation_is_refused(deviation):
    with pytest.raises(ValueError, match='deviation must be a positive numb'):
        PosteriorLoss(deviation=deviation)

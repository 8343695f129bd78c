"""Part 3 is `mmstn.geometry.sampling.sample` with settled arguments."""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

from mmstn.geometry.sampling import sample


def problem(size):
    """A source, a family, a theta that leaves the source, and its grid."""
    torch.manual_seed(0)
    source = torch.rand(2, 2, *size)
    family = MODELS.build(dict(type='mmstn.AffineGrid', size=size))
    theta = torch.randn(2, family.num_params)
    return source, family, theta, family(theta)


@pytest.mark.parametrize('size', [(5, 7), (1, 1), (3, 4, 5)], ids=str)
@pytest.mark.parametrize('kernel', ['nearest', 'linear'])
@pytest.mark.parametrize('padding', ['zeros', 'border', [0.5, -1.0]], ids=str)
def test_the_sampler_reads_as_sample_does(size, kernel, padding):
    sampler = MODELS.build(
        dict(type='mmstn.GridSampler', kernel=kernel, padding=padding)
    )
    source, family, theta, grid = problem(size)
    expected = sample(source, grid, kernel, padding)
    assert_close(sampler(source, family, theta), expected, atol=0, rtol=0)


def test_linear_and_zeros_unless_told_otherwise():
    sampler = MODELS.build(dict(type='mmstn.GridSampler'))
    source, family, theta, grid = problem((5, 7))
    expected = sample(source, grid, 'linear', 'zeros')
    assert_close(sampler(source, family, theta), expected, atol=0, rtol=0)


@pytest.mark.parametrize(
    ('argument', 'message'),
    [
        (dict(kernel='lanczos'), 'kernel must be one of .* got .lanczos'),
        (dict(padding='wrap'), 'padding must be one of .* got .wrap'),
    ],
    ids=['kernel', 'padding'],
)
def test_an_unknown_argument_is_refused_when_built(argument, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(dict(type='mmstn.GridSampler', **argument))


@pytest.mark.parametrize('several', [False, True])
def test_nearest_is_refused_where_theta_wants_a_gradient(several):
    sampler = MODELS.build(dict(type='mmstn.GridSampler', kernel='nearest'))
    source, family, theta, _ = problem((5, 7))
    theta = theta.unsqueeze(1) if several else theta
    assert sampler(source, family, theta).isfinite().all()
    with pytest.raises(ValueError, match="GridSampler: .* kernel='linear'"):
        sampler(source, family, theta.requires_grad_())
    with torch.no_grad():  # a trained network may be looked at
        assert sampler(source, family, theta).isfinite().all()

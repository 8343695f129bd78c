"""Part 3 is `mmstn.geometry.sampling.sample` with settled arguments."""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

from mmstn.geometry.sampling import sample


def problem(size):
    torch.manual_seed(0)
    source = torch.rand(2, 2, *size)
    return source, 1.5 * torch.randn(2, *size, len(size))


@pytest.mark.parametrize('size', [(5, 7), (1, 1), (3, 4, 5)], ids=str)
@pytest.mark.parametrize('kernel', ['nearest', 'linear'])
@pytest.mark.parametrize('padding', ['zeros', 'border', [0.5, -1.0]], ids=str)
def test_the_sampler_reads_as_sample_does(size, kernel, padding):
    sampler = MODELS.build(
        dict(type='mmstn.GridSampler', kernel=kernel, padding=padding)
    )
    expected = sample(*problem(size), kernel, padding)
    assert_close(sampler(*problem(size)), expected, atol=0, rtol=0)


def test_linear_and_zeros_unless_told_otherwise():
    sampler = MODELS.build(dict(type='mmstn.GridSampler'))
    expected = sample(*problem((5, 7)), 'linear', 'zeros')
    assert_close(sampler(*problem((5, 7))), expected, atol=0, rtol=0)


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


@pytest.mark.parametrize('each', [False, True])
def test_nearest_is_refused_where_theta_wants_a_gradient(each):
    sampler = MODELS.build(dict(type='mmstn.GridSampler', kernel='nearest'))
    source, grid = problem((5, 7))
    grid = grid.unsqueeze(1) if each else grid
    read = sampler.each if each else sampler
    assert read(source, grid).isfinite().all()
    with pytest.raises(ValueError, match="GridSampler: .* kernel='linear'"):
        read(source, grid.requires_grad_())
    with torch.no_grad():  # a trained network may be looked at
        assert read(source, grid).isfinite().all()

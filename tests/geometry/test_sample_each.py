"""N samplings of one source equal N single ones."""

import pytest
import torch
from torch.testing import assert_close

from mmstn.geometry.lattice import lattice
from mmstn.geometry.sampling import sample, sample_each


def several(size=(9, 13), dtype=torch.float32):
    """Return two sources and three different grids for each."""
    torch.manual_seed(0)
    source = torch.rand(2, 2, *size, dtype=dtype)
    out = ((8,), (7, 8), (4, 5, 6))[len(size) - 1]
    grid = lattice(out, source).expand(2, *[-1] * (len(out) + 1))
    factors = torch.tensor([[1, 0.5, -1], [0.8, 1.3, 0.3]], dtype=dtype)
    factors = factors.view(2, 3, *[1] * (grid.ndim - 1))
    return source, grid[:, None] * factors + 0.0937


@pytest.mark.parametrize('padding', ['zeros', 'border', 'reflection', (1, 2)])
@pytest.mark.parametrize(
    ('kernel', 'size'),
    [
        ('linear', (13,)),
        ('linear', (9, 13)),
        ('cubic', (9, 13)),
        ('linear', (5, 6, 7)),
    ],
    ids=str,
)
def test_several_grids_of_a_source_equal_one_after_the_other(
    kernel, size, padding
):
    source, grids = several(size)
    expected = torch.stack(
        [sample(source, grid, kernel, padding) for grid in grids.unbind(1)], 1
    )
    output = sample_each(source, grids, kernel, padding)
    assert_close(output, expected, atol=0, rtol=0)


def test_several_grids_read_in_half_precision_give_it_back():
    source, grids = several()
    output = sample_each(source.bfloat16(), grids)
    expected = sample(source.bfloat16(), grids[:, 2])
    assert output.dtype == torch.bfloat16
    assert_close(output[:, 2], expected, atol=0, rtol=0)


def test_several_grids_are_read_without_a_copy_of_the_source_for_each():
    source = torch.rand(1, 64, 32, 32)
    grids = torch.zeros(1, 50, 1, 1, 2)
    with torch.profiler.profile(profile_memory=True) as profile:
        sample_each(source, grids)
    most = max(event.cpu_memory_usage for event in profile.events())
    assert most < source.nbytes


@pytest.mark.parametrize('size', [(13,), (9, 13), (5, 6, 7)], ids=str)
def test_one_grid_of_nan_among_several_gives_nan_for_itself_only(size):
    source, grids = several(size)
    grids = grids.clone()
    grids[1, 2] = float('nan')
    output = sample_each(source, grids, padding='border')
    assert output[1, 2].isnan().all()
    assert output[0].isfinite().all()
    assert output[1, :2].isfinite().all()


@pytest.mark.slow
@pytest.mark.parametrize('size', [(5,), (4, 5), (3, 4, 3)], ids=str)
def test_gradients_of_several_grids(size):
    source, grids = several(size, torch.float64)
    source, grids = source.requires_grad_(), grids.requires_grad_()
    assert torch.autograd.gradcheck(sample_each, (source, grids))


@pytest.mark.usefixtures('second_derivatives')
def test_second_derivatives_of_several_grids():
    source, grids = several((3, 4), torch.float64)
    grids = grids[:, :, :3, :3].clone()
    source, grids = source.requires_grad_(), grids.requires_grad_()
    assert torch.autograd.gradgradcheck(sample_each, (source, grids))


@pytest.mark.parametrize(
    ('shape', 'message'),
    [
        ((1, 7, 8, 2), r'needs grids \(B, N, \*out, n\)'),
        ((1, 0, 7, 8, 2), 'N from 1 on'),
        ((1, 3, 7, 8, 3), r'needs a grid \(B, \*out, 2\)'),
        ((2, 3, 7, 8, 2), '1 sources but 2 grids'),
    ],
)
def test_several_grids_that_do_not_fit_are_refused(shape, message):
    source = torch.rand(1, 2, 9, 13)
    with pytest.raises(ValueError, match=message):
        sample_each(source, torch.zeros(shape))

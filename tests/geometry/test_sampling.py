import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from scipy import ndimage
from torch.testing import assert_close

from mmstn.geometry.affine import affine_grid
from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.sampling import sample

MATRIX = torch.tensor([[[0.9, 0.2, 0.3], [-0.25, 1.1, -0.2]]])
MATRIX_1D = torch.tensor([[[0.9, 0.3]]])
MATRIX_3D = torch.tensor(
    [[[0.9, 0.2, 0.1, 0.3], [-0.2, 1.1, 0.1, -0.2], [0.1, 0.1, 0.8, 0.1]]]
)


def problem(size=(9, 13), batch=1, dtype=torch.float32):
    torch.manual_seed(0)
    source = torch.rand(batch, 2, *size, dtype=dtype)
    matrix = (MATRIX_1D, MATRIX, MATRIX_3D)[len(size) - 1]
    out = ((8,), (7, 8), (4, 5, 6))[len(size) - 1]
    matrix = matrix.to(dtype).expand(batch, -1, -1)
    return source, affine_grid(matrix, out)


@pytest.mark.parametrize(
    ('padding', 'border'),
    [('zeros', cv2.BORDER_CONSTANT), ('border', cv2.BORDER_REPLICATE)],
)
def test_linear_is_opencvs_remap(padding, border):
    source, grid = problem()
    pixels = to_pixels(grid, source.shape[2:])[0].numpy()
    expected = cv2.remap(
        source[0].movedim(0, -1).numpy(),
        pixels[..., 0],
        pixels[..., 1],
        cv2.INTER_LINEAR,
        borderMode=border,
    )
    # OpenCV rounds positions to 1/32 pixel
    output = sample(source, grid, padding=padding)[0].movedim(0, -1)
    assert_close(output, torch.from_numpy(expected), atol=0.05, rtol=0)


@pytest.mark.parametrize('size', [(13,), (9, 13), (5, 6, 7)], ids=str)
@pytest.mark.parametrize(
    ('padding', 'mode'),
    [
        ('zeros', 'grid-constant'),
        ('border', 'nearest'),
        ('reflection', 'reflect'),
    ],
)
def test_linear_is_scipys_map_coordinates(size, padding, mode):
    source, grid = problem(size, dtype=torch.float64)
    pixels = to_pixels(grid, size)[0].flip(-1).movedim(-1, 0).numpy()
    expected = np.stack(
        [
            ndimage.map_coordinates(channel, pixels, order=1, mode=mode)
            for channel in source[0].numpy()
        ]
    )
    output = sample(source, grid, padding=padding)[0]
    assert_close(output, torch.from_numpy(expected))


@pytest.mark.parametrize('size', [(13,), (9, 13), (5, 6, 7)], ids=str)
def test_nearest_is_the_source_at_the_rounded_pixel(size):
    source, grid = problem(size)
    output = sample(source, grid, 'nearest', 'border')
    pixels = to_pixels(grid, size)[0].round().long()
    index = [
        pixels[..., axis].clamp(0, size[-1 - axis] - 1)
        for axis in reversed(range(len(size)))
    ]
    assert_close(output[0], source[0][(slice(None), *index)])


def test_cubic_is_opencvs_remap():
    source, _ = problem()
    # whole 32nds of a pixel, to which OpenCV rounds
    x, y = torch.meshgrid(
        torch.arange(3, 9, 0.40625), torch.arange(2, 6, 0.21875), indexing='xy'
    )
    expected = cv2.remap(
        source[0].movedim(0, -1).numpy(), x.numpy(), y.numpy(), cv2.INTER_CUBIC
    )
    cells = torch.tensor([13, 9])
    grid = (2 * torch.stack([x, y], -1) + 1) / cells - 1
    output = sample(source, grid[None], 'cubic')[0].movedim(0, -1)
    assert_close(output, torch.from_numpy(expected), atol=1e-4, rtol=0)


@pytest.mark.parametrize('size', [(13,), (9, 13), (5, 6, 7)], ids=str)
def test_a_value_per_channel_is_read_outside(size):
    source, grid = problem(size, batch=3)
    far = sample(source, grid + 10, padding=(0.25, -2.0))
    assert_close(far[:, 0], torch.full_like(far[:, 0], 0.25))
    assert_close(far[:, 1], torch.full_like(far[:, 1], -2.0))


def test_a_value_of_zero_equals_zeros():
    source, grid = problem()
    assert_close(sample(source, grid, padding=(0, 0)), sample(source, grid))


def test_a_constant_source_in_its_own_colour_stays_constant():
    _, grid = problem()
    source = torch.full((1, 2, 9, 13), 3.0)
    output = sample(source, grid * 2, padding=(3, 3))
    assert_close(output, torch.full_like(output, 3.0))


def test_linear_along_one_axis_is_numpys_interpolation():
    source, grid = problem((13,), dtype=torch.float64)
    pixels = to_pixels(grid, (13,))[0, :, 0].numpy()
    expected = np.interp(pixels, np.arange(13), source[0, 1].numpy())
    output = sample(source, grid, padding='border')[0, 1]
    assert_close(output, torch.from_numpy(expected))


@pytest.mark.parametrize('padding', ['zeros', 'border', 'reflection', (1, 2)])
@pytest.mark.parametrize('kernel', ['nearest', 'linear', 'cubic'])
def test_2d_on_equal_rows_equals_1d(kernel, padding):
    source, grid = problem((13,))
    rows = source.unsqueeze(2).expand(-1, -1, 9, -1)
    middle = torch.cat([grid, torch.zeros_like(grid)], -1).unsqueeze(1)
    expected = sample(rows, middle, kernel, padding)[:, :, 0]
    assert_close(sample(source, grid, kernel, padding), expected)


def test_3d_on_one_slice_equals_2d():
    source, grid = problem()
    depth = torch.zeros(*grid.shape[:-1], 1)
    deep = torch.cat([grid, depth], -1)[:, None]
    assert_close(
        sample(source[:, :, None], deep)[:, :, 0], sample(source, grid)
    )


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_reads_in_float32(dtype):
    source, grid = problem((9, 301))
    output = sample(source.to(dtype), grid)
    assert output.dtype == dtype
    expected = sample(source.to(dtype).float(), grid).to(dtype)
    assert_close(output, expected, atol=0, rtol=0)


def test_autocast_does_not_reach_the_sampling():
    source, grid = problem((9, 301))
    with torch.autocast('cpu', torch.bfloat16):
        output = sample(source, grid)
    assert_close(output, sample(source, grid), atol=0, rtol=0)


@pytest.mark.parametrize('padding', ['zeros', 'border', 'reflection', (1, 2)])
@pytest.mark.parametrize(
    ('kernel', 'size'),
    [
        (kernel, size)
        for kernel in ('nearest', 'linear', 'cubic')
        for size in ((13,), (9, 13), (5, 6, 7), (1, 1), (1,))
        if kernel != 'cubic' or len(size) < 3
    ],
    ids=str,
)
def test_a_grid_of_nan_gives_nan_for_that_sample_only(kernel, padding, size):
    source, grid = problem(size, batch=3)
    grid = grid.clone()
    grid[1] = float('nan')
    output = sample(source, grid, kernel, padding)
    assert output[1].isnan().all()
    assert output[[0, 2]].isfinite().all()


@pytest.mark.slow
@pytest.mark.parametrize('padding', ['border', 'reflection'])
def test_a_half_grid_of_nan_gives_nan(padding):
    grid = torch.full((1, 2, 2, 2), torch.nan, dtype=torch.float16)
    output = sample(torch.rand(1, 1, 4, 4).half(), grid, padding=padding)
    assert output.isnan().all()


def test_a_grid_that_is_not_finite_does_not_crash():
    # in a process of its own: it would take this one along
    code = """
import itertools, torch
from mmstn.geometry.sampling import sample
for padding, kernel, axes, value in itertools.product(
    ('zeros', 'border', 'reflection', (1.0, 2.0)),
    ('linear', 'nearest'), (2, 3), ('nan', 'inf', '-inf', '3e38'),
):
    size = [64, 64] if axes == 2 else [8, 8, 8]
    source = torch.rand(2, 2, *size, requires_grad=True)
    grid = torch.rand(2, *size, axes)
    grid[0, :, ::2] = float(value)
    grid.requires_grad_()
    output = sample(source, grid, kernel, padding)
    output[1].sum().backward()
    assert source.grad[1].isfinite().all() and grid.grad[1].isfinite().all()
    sample(source, grid, kernel, padding).sum().backward()
"""
    done = subprocess.run([sys.executable, '-c', code], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize('padding', ['zeros', 'border', 'reflection'])
@pytest.mark.parametrize('size', [(13,), (9, 13), (5, 6, 7)], ids=str)
def test_far_away_is_finite(padding, size):
    source, grid = problem(size)
    assert sample(source, grid * 1e9, padding=padding).isfinite().all()


@pytest.mark.parametrize('padding', ['zeros', 'border', 'reflection', (1, 2)])
@pytest.mark.parametrize('size', [(5,), (4, 5), (3, 4, 3)], ids=str)
def test_gradients(padding, size):
    source, grid = problem(size, dtype=torch.float64)
    source, grid = source.requires_grad_(), grid.detach().requires_grad_()

    def read(source, grid):
        return sample(source, grid, padding=padding)

    assert torch.autograd.gradcheck(read, (source, grid))


@pytest.mark.slow
@pytest.mark.parametrize('padding', ['zeros', 'border', (1, 2)])
@pytest.mark.parametrize(
    ('kernel', 'size'),
    [
        ('linear', (5,)),
        ('cubic', (5,)),
        ('linear', (4, 5)),
        ('cubic', (4, 5)),
        ('linear', (3, 4, 3)),
    ],
    ids=str,
)
@pytest.mark.usefixtures('second_derivatives')
def test_second_derivatives(kernel, size, padding):
    source, grid = problem(size, dtype=torch.float64)
    source, grid = source.requires_grad_(), grid.detach().requires_grad_()

    def read(source, grid):
        return sample(source, grid, kernel, padding)

    assert torch.autograd.gradgradcheck(read, (source, grid))


WRONG = {
    'kernel': (dict(kernel='lanczos'), 'kernel must be one of nearest'),
    'padding': (dict(padding='wrap'), 'padding must be one of zeros'),
    'one value': (dict(padding=0.5), 'padding must be one of zeros'),
    'no value': (dict(padding=()), 'padding must be one of zeros'),
    'words': (dict(padding=(1, 'a')), 'padding must be one of zeros'),
    'nan': (dict(padding=(1, float('nan'))), 'padding must be one of zeros'),
    'values': (dict(padding=(1, 2, 3)), '3 numbers for a source of 2'),
}


@pytest.mark.parametrize('case', WRONG)
def test_unusable_arguments_are_refused(case):
    arguments, message = WRONG[case]
    with pytest.raises(ValueError, match=message):
        sample(*problem(), **arguments)


def test_a_3d_grid_on_a_2d_source_is_refused():
    source, _ = problem()
    with pytest.raises(ValueError, match='has 2 axes and needs a grid'):
        sample(source, torch.zeros(1, 3, 3, 3, 3))


def test_cubic_in_3d_is_refused():
    with pytest.raises(ValueError, match='reads no volumes'):
        sample(*problem((5, 6, 7)), 'cubic')


def test_a_whole_number_source_is_refused():
    source, grid = problem()
    with pytest.raises(ValueError, match='must be a floating-point'):
        sample(source.byte(), grid)


def test_grids_and_sources_must_be_as_many():
    source, grid = problem()
    with pytest.raises(ValueError, match='1 sources but 2 grids'):
        sample(source, grid.expand(2, -1, -1, -1))


def test_mapped_over_samples_it_reads_the_same():
    source, grid = problem(batch=3)
    grid = grid + torch.tensor([0.0, 0.1, float('nan')]).view(3, 1, 1, 1)
    one = torch.func.vmap(lambda s, g: sample(s[None], g[None])[0])
    assert_close(one(source, grid), sample(source, grid), equal_nan=True)


class Read(torch.nn.Module):
    def forward(self, source, grid):
        return sample(source, grid)


@pytest.mark.slow
@pytest.mark.parametrize('size', [(13,), (9, 13), (5, 6, 7)], ids=str)
def test_exported_it_reads_a_batch_of_any_size(size):
    batch = torch.export.Dim('batch')
    exported = torch.export.export(
        Read(),
        problem(size, batch=3),
        dynamic_shapes=dict(source={0: batch}, grid={0: batch}),
    ).module()
    for number in (2, 5):
        source, grid = problem(size, batch=number)
        assert_close(exported(source, grid), sample(source, grid))

"""What a GPU computes is what a CPU computes; every path trains there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch.testing import assert_close

ROOT = Path(__file__).parents[1]
DEVICE = 'cuda'
FAMILIES = [
    ('AttentionGrid', (8, 6)),
    ('SimilarityGrid', (8, 6)),
    ('AffineGrid', (8, 6)),
    ('ProjectiveGrid', (8, 6)),
    ('TPSGrid', (8, 6)),
    ('AttentionGrid', (4, 8, 6)),
    ('AffineGrid', (4, 8, 6)),
]
STEPS = [dict(fc=8)]

pytestmark = pytest.mark.gpu


def transformer(family, size):
    """A transformer a little off its start, the same each time."""
    torch.manual_seed(0)
    model = MODELS.build(small_transformer(family, size, steps=STEPS))
    torch.nn.init.normal_(model.localisation.regressor.weight, std=0.1)
    return model


def read(model, source):
    """Return output and gradients of one pass, on the CPU."""
    model.zero_grad()
    source = source.detach().requires_grad_()
    output = model(source)
    output.square().sum().backward()
    weight = model.localisation.regressor.weight.grad
    return [x.detach().cpu() for x in (output, source.grad, weight)]


@pytest.mark.parametrize(('family', 'size'), FAMILIES, ids=str)
def test_a_gpu_reads_and_differentiates_as_a_cpu(family, size):
    model, source = transformer(family, size), torch.rand(3, 1, *size)
    expected = read(model, source)
    found = read(model.to(DEVICE), source.to(DEVICE))
    assert_close(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
@pytest.mark.parametrize(('family', 'size'), FAMILIES, ids=str)
def test_autocast_moves_no_grid(family, size, dtype):
    """Theta comes from a layer in half precision, the rest is float32."""
    model, source = transformer(family, size), torch.rand(3, 1, *size)
    model, source = model.to(DEVICE), source.to(DEVICE)
    theta = model.locate(source).detach()
    plain = model.sampler(source, model.grid, theta)
    with torch.autocast(DEVICE, dtype):
        assert_close(model.sampler(source, model.grid, theta), plain)


@pytest.mark.parametrize(('family', 'size'), FAMILIES, ids=str)
def test_compiled_is_as_eager(family, size):
    model, source = transformer(family, size), torch.rand(3, 1, *size)
    model, source = model.to(DEVICE), source.to(DEVICE)
    expected = read(model, source)
    found = read(torch.compile(model), source)
    assert_close(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(('family', 'size'), FAMILIES, ids=str)
def test_channels_last_is_as_contiguous(family, size):
    layout = torch.channels_last_3d if len(size) == 3 else torch.channels_last
    model, source = transformer(family, size), torch.rand(3, 4, *size)
    model = MODELS.build(
        small_transformer(family, size, in_channels=4, steps=STEPS)
    ).to(DEVICE)
    source = source.to(DEVICE)
    expected = read(model, source)
    found = read(
        model.to(memory_format=layout), source.to(memory_format=layout)
    )
    assert_close(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    'options',
    [
        [],
        ['--amp'],
        ['--amp', '--channels-last'],
        ['--cfg-options', 'compile=True'],
    ],
    ids=' '.join,
)
def test_two_epochs_train_by_one_process_of_nccl(tmp_path, options):
    """``tools/dist_train.sh`` with one GPU; what compiles goes on its own."""
    start = ['bash', 'tools/dist_train.sh']
    command = [*start, 'configs/stn_digits.py', '1', '--work-dir', tmp_path]
    if '--cfg-options' not in options:
        options = [*options, '--cfg-options']
    command += [*options, 'train_cfg.max_epochs=2', 'train_cfg.val_interval=1']
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, 'PYTHON': sys.executable},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    (log,) = tmp_path.glob('*/vis_data/scalars.json')
    losses = [
        entry['loss']
        for entry in map(json.loads, log.read_text().splitlines())
        if 'loss' in entry
    ]
    assert losses[-1] < losses[0]

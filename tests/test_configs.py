"""Every config is described, clean, and trains what it builds."""

import ast
import inspect
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

CONFIGS = Path(__file__).parents[1] / 'configs'
PAGES = [
    path.relative_to(CONFIGS).as_posix()
    for path in sorted(CONFIGS.rglob('*.py'))
    if path.parent.name != '_base_'
]
CANVAS = dict(r=28, rts=42, p=42, e=42, tc=60)
CELLS = [page for page in PAGES if page.startswith('mnist/')]
OF_BASES = {  # of MMPretrain, or read by the Runner itself
    'auto_scale_lr',
    'data_preprocessor',
    'dataset_type',
    'find_unused_parameters',
    'pretrained',
    'test_pipeline',
    'train_pipeline',
    'vis_backends',
}


def column(page):
    """The distortion of a cell of the paper's table."""
    return re.search('_([a-z]+).py$', page)[1]


def step(model, inputs):
    """Take the gradient of one batch."""
    model.init_weights()
    samples = [DataSample().set_gt_label(i % 10) for i in range(len(inputs))]
    model.loss(inputs, samples)['loss'].backward()


def without_gradient(model):
    return [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None
    ]


@pytest.mark.parametrize('page', PAGES)
def test_every_config_says_how_to_run_it_and_what_came_of_it(page):
    header = ast.get_docstring(ast.parse((CONFIGS / page).read_text()))
    assert f'python tools/train.py configs/{page}' in header
    assert 'Source: ' in header
    assert 'Result: ' in header


@pytest.mark.slow
@pytest.mark.parametrize('page', PAGES)
def test_no_name_is_left_over_in_a_config(page):
    """A Runner takes every key, or MMPretrain's own bases have it."""
    arguments = set(inspect.signature(Runner).parameters)
    assert Config.fromfile(CONFIGS / page).keys() <= arguments | OF_BASES


@pytest.mark.parametrize(
    'path', sorted(CONFIGS.rglob('*.py')), ids=lambda path: path.stem
)
def test_no_config_deletes_a_name_or_reads_the_environment(path):
    text = path.read_text()
    assert not re.search(r'^del ', text, re.MULTILINE)
    assert '{{$' not in text


def test_the_bundled_digits_train_on_what_their_pipeline_makes():
    cfg = Config.fromfile(CONFIGS / 'stn_digits.py')
    model = MODELS.build(cfg.model)
    step(model, torch.rand(2, 1, 42, 42))
    assert without_gradient(model) == []


def test_every_cell_of_the_papers_table_has_a_config():
    models = {page.rpartition('_')[0] for page in CELLS}
    assert len(models) == 8
    assert len(CELLS) == 36


@pytest.mark.slow
@pytest.mark.parametrize('page', CELLS)
def test_every_digit_model_learns_on_its_data_set(page):
    cfg = Config.fromfile(CONFIGS / page)
    assert cfg.train_dataloader.dataset.distortion.lower() == column(page)
    model = MODELS.build(cfg.model)
    side = CANVAS[column(page)]
    step(model, torch.rand(2, 1, side, side))
    assert without_gradient(model) == []


def plain(page):
    """The config of the same network without a transformer."""
    kind = re.search('fcn|cnn', page)[0]
    return Config.fromfile(CONFIGS / f'mnist/{kind}_{column(page)}.py')


@pytest.mark.parametrize('page', CELLS)
def test_a_transformer_is_trained_as_the_network_without_it(page):
    cfg, other = Config.fromfile(CONFIGS / page), plain(page)
    for key in ('optim_wrapper', 'param_scheduler', 'train_cfg', 'randomness'):
        assert cfg[key] == other[key]
    assert cfg.train_dataloader == other.train_dataloader


@pytest.mark.slow
@pytest.mark.parametrize('page', CELLS)
def test_a_transformer_and_its_network_are_as_large_as_one_without(page):
    sizes = [
        sum(weight.numel() for weight in MODELS.build(cfg.model).parameters())
        for cfg in (Config.fromfile(CONFIGS / page), plain(page))
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.06)

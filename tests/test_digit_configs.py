"""Configs of digits, but for the paper's table 1, run as they stand."""

import runpy
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmpretrain.registry import MODELS
from two_iterations import two_iterations, untouched

from mmstn.models.transformer.find import find_transformers

CONFIGS = Path(__file__).parents[1] / 'configs'
FAMILIES = ['aff', 'proj', 'tps']
SUMS = sorted(page.stem for page in (CONFIGS / 'sums').glob('*.py'))
VOLUMES = sorted(page.stem for page in (CONFIGS / 'volumes').glob('*.py'))
ITERATIVE = sorted(page.stem for page in (CONFIGS / 'ic_stn').glob('*.py'))
PROJECTIVE = sorted(page.stem for page in (CONFIGS / 'projective').glob('*'))
SEQUENCES = sorted(page.stem for page in (CONFIGS / 'sequences').glob('*'))
TRACKING = sorted(page.stem for page in (CONFIGS / 'tracking').glob('*'))
SERIES = sorted(page.stem for page in (CONFIGS / 'series').glob('*'))
METRICS = dict(sequences='sequence/label_accuracy', tracking='tracking/iou')
RUNS = (
    [f'sums/{model}' for model in SUMS]
    + [f'ic_stn/{model}' for model in ITERATIVE]
    + [f'projective/{model}' for model in PROJECTIVE]
    + [f'series/{model}' for model in SERIES]
    + [f'sequences/{model}' for model in SEQUENCES]
    + [f'tracking/{model}' for model in TRACKING]
    + [f'volumes/{model}' for model in VOLUMES]
    + ['stn_volume_resnet18']
)
SLOWER = dict(sums=0.3, sequences=0.3, ic_stn=0.1, projective=0.1)
VARIED = ['losses/stn_1000', 'losses/st_fcn_rts', 'regularised/stn_1000']
VARIED += ['colocalisation/encoder']


def config(page):
    return Config.fromfile(CONFIGS / f'{page}.py')


def parameters(cfg):
    model = MODELS.build(cfg.model)
    return sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize('downsample', [1, 2, 3, 4])
@pytest.mark.parametrize(
    ('model', 'height', 'width'), [('rnn_spn', 100, 100), ('spn', 88, 132)]
)
def test_outputs_for_sequences_are_smaller_by_a_factor(
    model, height, width, downsample
):
    network = runpy.run_path(str(CONFIGS / f'sequences/{model}.py'))['network']
    backbone = MODELS.build(network(downsample))
    (transformer,) = find_transformers(backbone).values()
    assert transformer.grid.size == (height // downsample, width // downsample)
    features = backbone(torch.rand(1, 1, 100, 100))[-1]
    assert features.shape[-1] == 400


@pytest.mark.slow
@pytest.mark.parametrize('page', VARIED)
def test_two_iterations_of_variations_reach_every_parameter(
    page, few_digits, tmp_path
):
    runner = two_iterations(config(page), few_digits, tmp_path)
    assert not untouched(runner)
    logged = runner.message_hub.log_scalars
    has_loss = page.startswith('losses/')
    assert ('train/loss_consistency' in logged) == has_loss


@pytest.mark.slow
@pytest.mark.parametrize('page', RUNS)
def test_two_iterations_reach_every_parameter(
    page, few_digits, localiser_rates, tmp_path
):
    runner = two_iterations(config(page), few_digits, tmp_path)
    metric = METRICS.get(page.partition('/')[0], 'accuracy/top1')
    assert f'val/{metric}' in runner.message_hub.log_scalars
    assert not untouched(runner)
    if page.startswith('tracking/'):  # all of the network is a localiser
        return
    own, base = localiser_rates(runner.model, runner.optim_wrapper.optimizer)
    rate = base * SLOWER.get(page.partition('/')[0], 1)
    has_localiser = not page.endswith(('/cnn', '/fcn'))
    assert sorted(own) == pytest.approx([rate] if has_localiser else [])


@pytest.mark.slow
def test_four_steps_of_st_gan_reach_the_critic_and_two_stages(
    few_digits, tmp_path
):
    cfg = config('st_gan/framed_digits')
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.update(batch_size=1, num_workers=0, persistent_workers=False)
        loader.dataset.update(data_root=str(few_digits), indices=4)
    cfg.test_dataloader = cfg.val_dataloader
    cfg.model.update(critic_steps=1, stage_steps=2)
    cfg.train_cfg.max_epochs = 1
    cfg.update(work_dir=str(tmp_path), experiment_name=tmp_path.name)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert 'val/placement/undone' in runner.message_hub.log_scalars
    state = runner.optim_wrapper.optimizer.state
    moved = {
        name.partition('.trunk')[0].partition('.regressor')[0]
        for name, weight in runner.model.named_parameters()
        if weight in state and state[weight]['exp_avg'].any()
    }
    first, second, *later = (
        f'transformer.localisation.{stage}' for stage in range(4)
    )
    assert {first, second} < moved
    assert not moved & {*later}


@pytest.mark.slow
@pytest.mark.parametrize('model', [m for m in SUMS if m != 'cnn'])
def test_the_fully_connected_models_that_add_up_are_equally_large(model):
    sizes = [parameters(config(f'sums/{m}')) for m in (model, 'fcn')]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)


def test_the_models_of_volumes_are_equally_large():
    sizes = [parameters(config(f'volumes/{m}')) for m in VOLUMES]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


@pytest.mark.parametrize('model', ITERATIVE)
def test_the_models_of_corner_noise_have_the_parameters_of_their_paper(model):
    expected = 39_079 if model == 'cnn' else 39_048
    assert parameters(config(f'ic_stn/{model}')) == expected


@pytest.mark.parametrize('model', [m for m in ITERATIVE if 'ic' in m])
def test_a_margin_changes_nothing_before_training(model):
    cfg = config(f'ic_stn/{model}')
    side = cfg.train_dataloader.dataset.canvas
    (packed,) = cfg.val_dataloader.dataset.pipeline
    assert side == cfg.val_dataloader.dataset.canvas == packed.canvas > 28
    (transformer,) = MODELS.build(cfg.model).backbone.transformers
    source, margin = torch.rand(1, 1, side, side), (side - 28) // 2
    expected = source[..., margin:-margin, margin:-margin]
    torch.testing.assert_close(
        transformer(source), expected, atol=1e-5, rtol=0
    )


@pytest.mark.parametrize('model', PROJECTIVE)
def test_the_models_of_projective_digits_keep_to_their_budget(model):
    assert 84_000 < parameters(config(f'projective/{model}')) <= 89_000


def test_the_models_of_series_are_equally_large():
    sizes = [parameters(config(f'series/{m}')) for m in SERIES]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


@pytest.mark.parametrize('family', FAMILIES)
def test_two_transformers_start_in_the_middle_a_little_apart(family):
    cfg = config(f'sums/2xst_fcn_{family}')
    transformer = MODELS.build(cfg.model).backbone.transformers[0]
    theta = transformer.locate(torch.rand(1, 2, 42, 42))
    points = torch.tensor([[-1.0, -1.0], [1.0, 0.5], [0.0, 0.0]])
    read = transformer.grid.map_points(theta[0], points)
    middle, apart = points * 2 / 3, torch.tensor([0.1, 0.0])
    torch.testing.assert_close(
        read, torch.stack([middle - apart, middle + apart])
    )


@pytest.mark.slow
@pytest.mark.parametrize('model', ['clean', 'clutter'])
def test_co_localisation_trains_its_localiser_alone(
    model, few_digits, tmp_path
):
    cfg = config(f'colocalisation/{model}')
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.batch_size = 2
        loader.dataset.update(data_root=str(few_digits), num_digits=3, digit=5)
    cfg.train_dataloader.drop_last = False
    cfg.test_dataloader = cfg.val_dataloader
    cfg.train_cfg.max_epochs = 1
    cfg.update(work_dir=str(tmp_path), experiment_name=tmp_path.name)
    runner = Runner.from_cfg(cfg)
    before = runner.model.encoder.classifier.head.fc.weight.clone()
    runner.train()
    assert runner.iter == 2
    assert 'val/localisation/found' in runner.message_hub.log_scalars
    after = runner.model.encoder.classifier.head.fc.weight
    assert not torch.equal(before, after)  # the weights that come along
    assert not after.requires_grad

"""Every config of the birds learns, here and from another repository.

One iteration of one image on a CPU, without network.
"""

import copy
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

pytestmark = pytest.mark.slow

CONFIGS = Path(__file__).parents[1] / 'configs'
SIDES = dict(
    inception_v2_cub=224,
    stn_cub_2x=448,
    stn_cub_2x_224=224,
    stn_cub_4x=448,
    stn_cub_4x_resnet50=448,
    stn_cub_neck_resnet50=448,
    stn_cub_inside_resnet50=448,
    stn_cub_inception_v3=448,
    stn_cub_vit=448,
    mobilenet_v2_cub10=160,
    stn_cub10_2x=320,
    pstn_cub10_2x=320,
)
BARE = {'inception_v2_cub', 'mobilenet_v2_cub10'}
PAPER = list(SIDES)[:4]


def config(name):
    return Config.fromfile(CONFIGS / f'{name}.py')


def dicts(value):
    """Yield every dict within a value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from dicts(item)


def without_weights(model):
    """Return the config of a model that starts at random."""
    model = copy.deepcopy(model)
    for part in dicts(model):
        if (part.get('init_cfg') or {}) and 'checkpoint' in part['init_cfg']:
            del part['init_cfg']
    return model


@pytest.mark.parametrize('name', SIDES)
def test_one_iteration_reaches_every_parameter(name):
    torch.manual_seed(0)
    cfg = config(name)
    model = MODELS.build(without_weights(cfg.model))
    model.init_weights()
    model.train()
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper)
    inputs = torch.rand(1, 3, SIDES[name], SIDES[name])
    losses = model.loss(inputs, [DataSample().set_gt_label(9)])
    optimizer.update_params(model.parse_losses(losses)[0])
    # the wrapper has dropped the gradients, but not what came of them
    moved = optimizer.optimizer.state
    assert all(parameter in moved for parameter in model.parameters())
    regressors = [
        parameter
        for name, parameter in model.named_parameters()
        if name.endswith('regressor.bias')
    ]
    assert len(regressors) == (name not in BARE)
    for regressor in regressors:
        momentum = {'momentum_buffer', 'exp_avg'} & moved[regressor].keys()
        assert moved[regressor][momentum.pop()].any()


@pytest.mark.parametrize('name', sorted(set(SIDES) - BARE))
def test_the_localiser_learns_more_slowly(localiser_rates, name):
    cfg = config(name)
    model = MODELS.build(without_weights(cfg.model))
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    own, base = localiser_rates(model, optimizer)
    most = 0.3 if 'cub10' in name else 0.1
    assert len(own - {0}) == 1
    assert 0 < max(own) <= most * base


@pytest.mark.parametrize('name', SIDES)
def test_the_images_are_as_large_as_the_model_expects(name):
    cfg = config(name)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        crops = [
            step.crop_size
            for step in loader.dataset.pipeline
            if 'crop_size' in step
        ]
        assert crops == [SIDES[name]]
    assert cfg.test_dataloader == cfg.val_dataloader


@pytest.mark.parametrize('name', SIDES)
def test_another_repository_builds_on_it(name, tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text(
        f"_base_ = 'mmstn::{name}.py'\nmodel = dict(head=dict(topk=(1, 5)))\n"
    )
    cfg = Config.fromfile(path)
    expected = config(name)
    expected.model.head.topk = (1, 5)
    assert cfg.model == expected.model


@pytest.mark.parametrize('name', PAPER)
def test_missing_weights_are_named_with_the_command(name, monkeypatch):
    monkeypatch.chdir('/')
    model = MODELS.build(config(name).model)
    with pytest.raises(
        FileNotFoundError,
        match='no ImageNet weights at checkpoints/inception_v2_in1k.pth.* '
        'tools/convert_inception_v2.py',
    ):
        model.init_weights()


@pytest.mark.parametrize('name', PAPER)
def test_converted_weights_reach_every_inception(name, tmp_path):
    cfg = config(name)
    bare = MODELS.build(without_weights(config('inception_v2_cub').model))
    path = tmp_path / 'weights.pth'
    torch.save(dict(state_dict=bare.state_dict()), path)
    for part in dicts(cfg.model):
        if part.get('type') == 'mmstn.InceptionV2':
            part['init_cfg']['checkpoint'] = str(path)
    model = MODELS.build(cfg.model)
    model.init_weights()
    inceptions = [
        module
        for module in model.modules()
        if type(module).__name__ == 'InceptionV2'
    ]
    expected = dict(
        inception_v2_cub=1, stn_cub_2x=3, stn_cub_2x_224=3, stn_cub_4x=5
    )
    assert len(inceptions) == expected[name]
    weight = bare.backbone.stages[3].inception_5b.pool[1].conv.weight
    for inception in inceptions:
        found = inception.stages[3].inception_5b.pool[1].conv.weight
        assert torch.equal(found, weight)


@pytest.mark.parametrize('name', sorted(SIDES))
def test_a_metric_follows_the_pipeline_of_the_images_it_sees(name):
    cfg = config(name)
    evaluators = cfg.test_evaluator
    for metric in evaluators if isinstance(evaluators, list) else [evaluators]:
        if metric.type == 'mmstn.PartCoverage':
            dataset = cfg.test_dataloader.dataset
            assert metric.pipeline == dataset.pipeline
            assert metric.data_root == dataset.data_root
            hooks = [hook.type for hook in cfg.custom_hooks]
            assert 'mmstn.AttentionRecordHook' in hooks

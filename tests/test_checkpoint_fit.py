"""Weights of another network are refused, whichever tool is given them."""

import os
import re
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmpretrain.apis import get_model

from mmstn.apis import STNInferencer
from mmstn.checkpoint_fit import CheckpointFitHook, Fit, load_whole

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / 'configs/stn_digits.py'


class Net(BaseModel):
    """A network with every kind of value that may or may not be saved."""

    def __init__(self, classes=3):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)
        self.norm = torch.nn.BatchNorm2d(2)
        self.head = torch.nn.Linear(2, classes)
        self.register_buffer('constant', torch.ones(4), persistent=False)

    def forward(self, *inputs, mode):
        images = torch.stack(inputs)  # (B, 1, 4, 4)
        maps = self.norm(self.conv(images)).mean((2, 3))
        return {'loss': self.head(maps).square().mean()}


def save(path, state, **more):
    torch.save(dict(meta={}, state_dict=state, **more), path)
    return str(path)


def renamed(old, new):
    return {k.replace(old, new): v for k, v in Net().state_dict().items()}


FITTING = {
    'own': Net().state_dict(),
    'of a wrapped model': {
        f'module.{name}': value for name, value in Net().state_dict().items()
    },
    'of an old torch': {
        name: value
        for name, value in Net().state_dict().items()
        if 'num_batches' not in name
    },
}


@pytest.mark.parametrize('state', FITTING)
def test_own_weights_fit(state, tmp_path):
    model, state = Net(), OrderedDict(FITTING[state])
    load_whole(model, save(tmp_path / 'a.pth', state))
    weight = [v for k, v in state.items() if k.endswith('conv.weight')][0]
    assert torch.equal(model.conv.weight, weight)


@pytest.mark.parametrize(
    ('state', 'named'),
    [
        (renamed('head.', 'neck.'), r'missing: head.weight, head.bias \(2 in'),
        (renamed('head.', 'neck.'), r'unexpected: neck.weight, neck.bias \(2'),
        (Net(5).state_dict(), r'mismatch for head.weight: .*\[5, 2\].*\[3, 2'),
        ({**Net().state_dict(), 'a': torch.ones(1)}, r'unexpected: a \(1 in'),
        ({}, r'missing: conv.weight, conv.bias, .* \(8 in all\)'),
    ],
)
def test_weights_of_another_network_are_refused(state, named, tmp_path):
    path = save(tmp_path / 'other.pth', state)
    with pytest.raises(ValueError, match=f'other.pth does not fit.*{named}'):
        load_whole(Net(), path)


def test_the_config_beside_a_refused_checkpoint_is_named(tmp_path):
    path = save(tmp_path / 'other.pth', {})
    with pytest.raises(ValueError, match=r'it was trained with\.$'):
        load_whole(Net(), path)
    (tmp_path / 'theirs.py').touch()
    with pytest.raises(ValueError, match=r'with: /.*/theirs\.py\.$'):
        load_whole(Net(), path)


def test_one_weight_in_common_is_not_nothing():
    state = {'conv.bias': torch.ones(2), 'head.weight': torch.ones(9, 2)}
    assert not Fit(Net(), state).is_empty
    del state['conv.bias']
    assert Fit(Net(), state).is_empty


def train(work_dir, hooks=(), epochs=1, model=None, **kwargs):
    runner = Runner(
        model or Net(),
        str(work_dir),
        train_dataloader=dict(
            dataset=list(torch.ones(2, 1, 4, 4)),
            batch_size=2,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='pseudo_collate'),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        custom_hooks=list(hooks),
        experiment_name=f'{Path(work_dir).name}_{epochs}',
        **kwargs,
    )
    runner.register_hook(CheckpointFitHook())
    runner.train()
    return runner


EMA = [dict(type='EMAHook')]


@pytest.mark.parametrize('hooks', [[], EMA], ids=['plain', 'EMA'])
def test_a_run_resumes_its_own_weights_and_refuses_others(hooks, tmp_path):
    train(tmp_path, hooks)
    runner = train(tmp_path, hooks, epochs=2, resume=True)
    assert runner.epoch == 2
    (tmp_path / 'last_checkpoint').write_text('/nowhere/epoch_9.pth')
    with pytest.raises(ValueError, match='epoch_2.pth does not fit the Net'):
        train(tmp_path, hooks, 3, Net(5), resume=True)


@pytest.mark.parametrize('hooks', [[], EMA], ids=['plain', 'EMA'])
def test_training_starts_from_some_weights_but_not_from_none(hooks, tmp_path):
    conv = {'conv.weight': torch.full((2, 1, 3, 3), 7.0)}
    train(tmp_path, hooks, load_from=save(tmp_path / 'conv.pth', conv))
    path = save(tmp_path / 'none.pth', {'convolution.weight': torch.ones(1)})
    with pytest.raises(ValueError, match='none.pth. has not one weight of'):
        train(tmp_path, hooks, load_from=path)


@pytest.fixture(scope='module')
def other(tmp_path_factory):
    """A checkpoint of a network with one class more."""
    folder = tmp_path_factory.mktemp('other')
    cfg = Config.fromfile(CONFIG)
    cfg.model.head.num_classes = 11
    cfg.dump(folder / 'eleven.py')
    return save(folder / 'epoch_1.pth', get_model(cfg).state_dict())


TOOLS = {
    'test': ['tools/test.py', CONFIG, 'PATH'],
    'resume': ['tools/train.py', CONFIG, '--resume', 'PATH'],
    'look': ['tools/visualize_attention.py', CONFIG, 'PATH', 'README.md'],
}


@pytest.mark.slow
@pytest.mark.parametrize('tool', TOOLS)
def test_a_tool_refuses_weights_of_another_network(tool, other, tmp_path):
    arguments = [other if a == 'PATH' else str(a) for a in TOOLS[tool]]
    if tool != 'look':
        arguments += ['--work-dir', str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 1
    sentence = done.stderr.strip().splitlines()[-1]
    assert re.match(r'ValueError: .*epoch_1\.pth does not fit', sentence)
    assert re.search(r'size mismatch for head\..*eleven\.py\.$', sentence)


@pytest.mark.parametrize('by', ['path', 'load_from', 'model'])
def test_the_inferencer_refuses_weights_of_another_network(by, other):
    cfg, weights = Config.fromfile(CONFIG), other
    if by == 'load_from':
        cfg.load_from, weights = other, True
    model = get_model(cfg, False) if by == 'model' else cfg
    with pytest.raises(ValueError, match='does not fit the ImageClassifier'):
        STNInferencer(model, weights)

"""A real Runner that trains a tiny network on noise."""

import copy
import json
import logging
from pathlib import Path

import numpy as np
import torch
from mmengine.optim import OptimWrapper
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from mmpretrain.registry import OPTIM_WRAPPERS
from mmpretrain.structures import DataSample
from small_transformer import small_transformer
from torch.utils.data import Dataset

RESNET = dict(
    type='ResNet_CIFAR',
    depth=18,
    in_channels=1,
    stem_channels=8,
    base_channels=8,
)
TRANSFORMER = small_transformer(start=(0.5, 0.0, 0.0), steps=[dict(fc=4)])


@DATASETS.register_module(force=True)
class Noise(Dataset):
    """Noise of three classes; each read also draws from NumPy."""

    metainfo = dict(classes=('nought', 'one', 'two'))

    def __init__(self, length, size=(8, 8)):
        generator = torch.Generator().manual_seed(0)
        self.images = torch.randint(
            256, (length, 1, *size), dtype=torch.uint8, generator=generator
        )
        self.read = []

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        self.read.append(index)
        shift = np.random.randint(3)  # noqa: NPY002  as pipelines do
        image = self.images[index].roll(shift, -1)
        return dict(
            inputs=image, data_samples=DataSample().set_gt_label(index % 3)
        )


def loader(length, size=(8, 8)):
    return dict(
        batch_size=4,
        dataset=dict(type='Noise', length=length, size=size),
        sampler=dict(type='DefaultSampler', shuffle=True),
    )


def config(work_dir, transformers=(TRANSFORMER,), hooks=(), **others):
    net = dict(type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=6)])
    stn = dict(
        type='mmstn.STNBackbone', backbone=net, transformers=transformers
    )
    model = dict(
        type='ImageClassifier',
        backbone=stn if transformers else net,
        head=dict(type='LinearClsHead', num_classes=3, in_channels=6),
    )
    name = f'{work_dir.parent.name} {work_dir.name}'  # MMEngine keeps them
    cfg = dict(
        model=model,
        data_preprocessor=dict(type='ClsDataPreprocessor', mean=[9], std=[9]),
        work_dir=str(work_dir),
        experiment_name=name,
        train_dataloader=loader(8),
        val_dataloader=loader(7),
        train_cfg=dict(by_epoch=True, max_epochs=2),
        val_cfg=dict(),
        val_evaluator=dict(type='Accuracy'),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        randomness=dict(seed=0),
        default_hooks=dict(checkpoint=None),
        custom_hooks=copy.deepcopy(list(hooks)),
        visualizer=dict(
            type='UniversalVisualizer',
            name=name,
            vis_backends=[dict(type='LocalVisBackend')],
        ),
        default_scope='mmpretrain',
    )
    return {**cfg, **others}


def trained(tmp_path, name='run', **settings):
    runner = Runner(**config(tmp_path / name, **settings))
    runner.train()
    return runner


def thetas_logged(runner):
    """Return the history of each number of the monitor."""
    shown = {
        name.removeprefix('train/theta/'): list(buffer.data[0])
        for name, buffer in runner.message_hub.log_scalars.items()
        if name.startswith('train/theta/')
    }
    details = {}
    for path in Path(runner._log_dir).rglob('scalars.json'):
        for line in map(json.loads, path.read_text().splitlines()):
            for name, value in line.items():
                short = name.removeprefix('theta/')
                if short not in (name, *shown):
                    details.setdefault(short, []).append(value)
    return shown | details


@OPTIM_WRAPPERS.register_module(force=True)
class Scaled(OptimWrapper):
    """Scales the loss as AMP does, on any device."""

    def backward(self, loss, **kwargs):
        if not hasattr(self, 'scaler'):
            self.scaler = torch.amp.GradScaler(loss.device.type, 1024.0)
        super().backward(self.scaler.scale(loss), **kwargs)

    def step(self, **kwargs):
        self.scaler.step(self.optimizer, **kwargs)
        self.scaler.update()


def scaled(fused):
    return dict(
        type='Scaled', optimizer=dict(type='SGD', lr=1e-3, fused=fused)
    )


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def trained_with_log(tmp_path, **settings):
    runner = Runner(**config(tmp_path / 'run', **settings))
    lines = Lines()
    runner.logger.addHandler(lines)
    runner.train()
    return runner, lines.lines

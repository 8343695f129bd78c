"""The hook in a real, tiny Runner."""

import copy
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from mmpretrain.structures import DataSample
from torch.utils.data import Dataset

import mmstn.hooks
from mmstn.hooks.attention_visualization import undisturbed
from mmstn.visualization.draw import COLOURS, TILE

HOOK = dict(type='mmstn.AttentionVisualizationHook', samples=3)
RESNET = dict(
    type='ResNet_CIFAR',
    depth=18,
    in_channels=1,
    stem_channels=8,
    base_channels=8,
)
TRANSFORMER = dict(
    type='mmstn.SpatialTransformer',
    grid=dict(type='mmstn.AttentionGrid', size=(8, 8)),
    localisation=dict(
        trunk=dict(type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=4)]),
        in_features=4,
        start=(0.5, 0.0, 0.0),
    ),
)


@DATASETS.register_module(force=True)
class Noise(Dataset):
    """Noise of three classes; each read also draws from NumPy."""

    metainfo = dict(classes=('nought', 'one', 'two'))

    def __init__(self, length):
        generator = torch.Generator().manual_seed(0)
        self.images = torch.randint(
            256, (length, 1, 8, 8), dtype=torch.uint8, generator=generator
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


def loader(length):
    return dict(
        batch_size=4,
        dataset=dict(type='Noise', length=length),
        sampler=dict(type='DefaultSampler', shuffle=True),
    )


def config(work_dir, transformers=(TRANSFORMER,), hooks=(HOOK,), **others):
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


def pictures(runner):
    return sorted(
        path.name for path in Path(runner.work_dir).rglob('vis_image/*.png')
    )


def picture(runner, step):
    (path,) = Path(runner.work_dir).rglob(f'vis_image/attention_{step}.png')
    return cv2.imread(str(path))[..., ::-1]


def test_pictures_are_written_before_training_and_after_each_epoch(tmp_path):
    runner = trained(tmp_path)
    assert pictures(runner) == [f'attention_{n}.png' for n in (0, 1, 2)]
    start, end = picture(runner, 0), picture(runner, 2)
    assert start.shape == end.shape
    # half of 8 pixels, each 21 wide, in three columns
    upper = (start == COLOURS[0]).all(-1).sum(1).max()
    assert upper >= 3 * 4 * 21
    assert (start != end).any()


@pytest.mark.parametrize(
    ('interval', 'steps'), [(2, [0, 2, 4, 5]), (9, [0, 5])]
)
def test_the_interval_counts_validations_and_the_last_is_drawn(
    tmp_path, interval, steps
):
    runner = trained(
        tmp_path,
        hooks=[dict(HOOK, interval=interval)],
        train_cfg=dict(by_epoch=True, max_epochs=5),
    )
    assert pictures(runner) == [f'attention_{n}.png' for n in steps]


def test_training_by_iterations_names_pictures_by_iteration(tmp_path):
    train_cfg = dict(by_epoch=False, max_iters=2, val_interval=1)
    runner = trained(tmp_path, train_cfg=train_cfg)
    assert pictures(runner) == [f'attention_{n}.png' for n in (0, 1, 2)]


def test_a_validation_on_its_own_is_drawn(tmp_path):
    runner = Runner(**config(tmp_path / 'run', hooks=[dict(HOOK, interval=9)]))
    runner.val()
    assert pictures(runner) == ['attention_0.png']


def test_the_samples_are_spread_and_the_same_each_time(tmp_path):
    runner = Runner(**config(tmp_path / 'run'))
    dataset = runner.val_dataloader.dataset
    runner.train()
    assert dataset.read[:3] == [0, 2, 4]
    assert len(dataset.read) == 3 + 2 * 7  # read once, kept


def test_fewer_samples_than_asked_for_are_drawn(tmp_path):
    few = trained(tmp_path, val_dataloader=loader(2))
    many = trained(tmp_path, 'many', val_dataloader=loader(3))
    assert picture(few, 0).shape[1] < picture(many, 0).shape[1]


def test_training_is_the_same_to_the_bit_without_the_hook(tmp_path):
    noisy = dict(
        type='ImageClassifier',
        backbone=dict(
            type='mmstn.STNBackbone',
            backbone=RESNET,
            transformers=[TRANSFORMER],
        ),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(
            type='StackedLinearClsHead',
            num_classes=3,
            in_channels=64,
            mid_channels=[8],
            dropout_rate=0.5,
        ),
    )
    with_it = trained(tmp_path, 'with', model=copy.deepcopy(noisy))
    without = trained(tmp_path, 'without', model=noisy, hooks=[])
    assert pictures(with_it)
    assert not pictures(without)
    left, right = with_it.model.state_dict(), without.model.state_dict()
    assert left.keys() == right.keys()
    differ = [k for k in left if not torch.equal(left[k], right[k])]
    assert differ == []


def test_random_states_and_training_modes_are_put_back():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout())
    model[0].eval()
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    with undisturbed(model):
        assert not any(module.training for module in model)
        assert not torch.is_grad_enabled()
        torch.rand(3)
        np.random.rand(3)  # noqa: NPY002
    assert [module.training for module in model] == [False, True]
    drawn = torch.rand(3), np.random.rand(3)  # noqa: NPY002
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    assert torch.equal(drawn[0], torch.rand(3))
    assert (drawn[1] == np.random.rand(3)).all()  # noqa: NPY002


@pytest.mark.parametrize('averaged', [True, False])
def test_the_validated_weights_are_drawn(tmp_path, averaged):
    frozen = dict(type='EMAHook', momentum=1e-9)  # stays at iteration 1
    runner = trained(
        tmp_path,
        hooks=[HOOK, frozen] if averaged else [HOOK],
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.02)),
    )
    one, two = (picture(runner, step)[60:] for step in (1, 2))  # no captions
    assert (one == two).all() == averaged


def test_a_transformer_inside_the_network_is_drawn_on_its_feature_map(
    tmp_path,
):
    inside = dict(
        TRANSFORMER,
        before='layer2.0',
        localisation=dict(
            trunk=dict(
                type='mmstn.PlainNet', size=(8, 8), steps=[], in_channels=8
            ),
            in_features=8 * 8 * 8,
            start=(0.5, 0.0, 0.0),
        ),
    )
    model = dict(
        type='ImageClassifier',
        backbone=dict(
            type='mmstn.STNBackbone',
            backbone=RESNET,
            transformers=[inside],
        ),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='LinearClsHead', num_classes=3, in_channels=64),
    )
    runner = trained(tmp_path, model=model)
    one, two = picture(runner, 0), picture(trained(tmp_path, 'input'), 0)
    # one more row: the input, the feature map, what is handed on
    assert TILE < len(one) - len(two) < 2 * TILE


def test_a_network_without_transformers_is_refused_before_training(tmp_path):
    with pytest.raises(ValueError, match='found no SpatialTransformer'):
        trained(tmp_path, transformers=())


@pytest.mark.parametrize('argument', ['interval', 'samples'])
@pytest.mark.parametrize('value', [0, 1.5, None])
def test_a_wrong_number_is_refused(argument, value):
    with pytest.raises(ValueError, match=f'{argument} must be a whole'):
        mmstn.hooks.AttentionVisualizationHook(**{argument: value})


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def log_of(tmp_path, **settings):
    runner = Runner(**config(tmp_path / 'run', **settings))
    lines = Lines()
    runner.logger.addHandler(lines)
    runner.train()
    return runner, [line for line in lines.lines if 'Attention' in line]


def test_a_run_without_validation_says_that_there_are_no_pictures(tmp_path):
    runner, lines = log_of(
        tmp_path, val_dataloader=None, val_cfg=None, val_evaluator=None
    )
    assert not pictures(runner)
    assert any('there will be no pictures' in line for line in lines)


@pytest.fixture
def volumes(monkeypatch):
    """Give every transformer a grid that claims three axes, when asked."""

    class Pretend(Hook):
        priority = 'VERY_HIGH'

        def before_run(self, runner):
            (transformer,) = runner.model.backbone.transformers
            transformer.grid.size = (1, 8, 8)
            transformer.grid.forward = lambda theta: torch.zeros(
                len(theta), 8, 8, 2
            )

    return Pretend()


def test_a_volume_is_left_out_with_one_line(tmp_path, volumes):
    runner, lines = log_of(tmp_path, hooks=[HOOK])
    assert lines == []
    runner = Runner(**config(tmp_path / 'volume'))
    runner.register_hook(volumes)
    handler = Lines()
    runner.logger.addHandler(handler)
    runner.train()
    assert not pictures(runner)
    told = [line for line in handler.lines if 'not of volumes' in line]
    assert len(told) == 1
    assert 'backbone.transformers.0' in told[0]

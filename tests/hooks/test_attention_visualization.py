"""The hook in a real, tiny Runner."""

import copy
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import tiny_run
import torch
from mmengine.runner import Runner
from tiny_run import RESNET, TRANSFORMER, loader, trained_with_log

import mmstn.hooks
from mmstn.hooks.attention_visualization import undisturbed
from mmstn.visualization.draw import COLOURS, TILE

MARGIN = TILE // 6
HOOK = dict(type='mmstn.AttentionVisualizationHook', samples=3)
config = partial(tiny_run.config, hooks=[HOOK])
trained = partial(tiny_run.trained, hooks=[HOOK])


def pictures(runner):
    return sorted(
        path.name for path in Path(runner.work_dir).rglob('vis_image/*.png')
    )


def picture(runner, step, name='attention'):
    (path,) = Path(runner.work_dir).rglob(f'vis_image/{name}_{step}.png')
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


@pytest.mark.slow
@pytest.mark.parametrize('train_interval', [None, 1])
def test_training_is_the_same_to_the_bit_without_the_hook(
    tmp_path, train_interval
):
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
    hook = dict(HOOK, train_interval=train_interval)
    with_it = trained(
        tmp_path, 'with', model=copy.deepcopy(noisy), hooks=[hook]
    )
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


def test_a_transformer_inside_the_network_is_drawn_on_input_and_map(tmp_path):
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
    inner, outer = picture(runner, 0), picture(trained(tmp_path, 'input'), 0)
    # its row is half as high as that of one that reads the input
    assert TILE / 2 - MARGIN < len(outer) - len(inner) < TILE / 2
    # the input is outlined alike: half of 8 pixels, each 21 wide
    below_captions = slice(60, 60 + TILE + 2 * MARGIN)
    assert (inner[below_captions] == outer[below_captions]).all()


def test_a_network_without_transformers_is_refused_before_training(tmp_path):
    with pytest.raises(ValueError, match='found no SpatialTransformer'):
        trained(tmp_path, transformers=())


@pytest.mark.parametrize('argument', ['interval', 'samples', 'train_interval'])
@pytest.mark.parametrize('value', [0, 1.5, True])
def test_a_wrong_number_is_refused(argument, value):
    with pytest.raises(ValueError, match=f'{argument} must be a whole'):
        mmstn.hooks.AttentionVisualizationHook(**{argument: value})


def test_a_run_without_validation_says_that_there_are_no_pictures(tmp_path):
    runner, lines = trained_with_log(
        tmp_path,
        hooks=[dict(HOOK, train_interval=1)],
        val_dataloader=None,
        val_cfg=None,
        val_evaluator=None,
    )
    assert not pictures(runner)
    assert any('there will be no pictures' in line for line in lines)


def test_training_is_drawn_between_validations_too(tmp_path):
    runner = trained(
        tmp_path,
        hooks=[dict(HOOK, interval=9, train_interval=2)],
        train_dataloader=loader(20),  # five iterations an epoch
    )
    steps = [('', n) for n in (0, 2)] + [('_train', n) for n in (10, 2, 4)]
    steps += [('_train', n) for n in (6, 8)]
    assert pictures(runner) == [f'attention{a}_{n}.png' for a, n in steps]
    end, trained_to = (
        picture(runner, 2),
        picture(runner, 10, 'attention_train'),
    )
    assert (end == trained_to).all()


def test_between_validations_the_weights_being_trained_are_drawn(tmp_path):
    frozen = dict(type='EMAHook', momentum=1e-9)  # stays at iteration 1
    runner = trained(
        tmp_path,
        hooks=[dict(HOOK, train_interval=1), frozen],
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.02)),
    )
    two, four = (picture(runner, n, 'attention_train')[60:] for n in (2, 4))
    assert (two != four).any()


def test_tensorboard_gets_the_picture_of_the_local_backend(tmp_path):
    pytest.importorskip('tensorboard', reason='needs tensorboard')
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )

    backends = [dict(type=f'{b}VisBackend') for b in ('Local', 'Tensorboard')]
    visualizer = dict(
        type='UniversalVisualizer', name=str(tmp_path), vis_backends=backends
    )
    runner = trained(tmp_path, visualizer=visualizer)
    runner.visualizer.close()
    (events,) = Path(runner.work_dir).rglob('events.out.tfevents*')
    log = EventAccumulator(str(events), dict(images=0)).Reload()
    images = log.Images('attention')
    assert [image.step for image in images] == [0, 1, 2]
    encoded = np.frombuffer(images[-1].encoded_image_string, np.uint8)
    drawn = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1]
    assert (drawn == picture(runner, 2)).all()

"""The monitor in a real, tiny Runner."""

import copy
import json
import re
from functools import partial
from pathlib import Path

import pytest
import tiny_run
import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmpretrain.registry import OPTIM_WRAPPERS
from small_transformer import small_transformer
from tiny_run import RESNET, TRANSFORMER, scaled, trained_with_log
from tiny_run import thetas_logged as logged
from torch.testing import assert_close

import mmstn.hooks

HOOK = dict(type='mmstn.ThetaMonitorHook', interval=1)
# slow enough for a localiser of a few numbers on noise
SLOW = dict(optimizer=dict(type='SGD', lr=1e-3))
config = partial(tiny_run.config, hooks=[HOOK], optim_wrapper=SLOW)
trained = partial(tiny_run.trained, hooks=[HOOK], optim_wrapper=SLOW)


@OPTIM_WRAPPERS.register_module(force=True)
class Spy(OptimWrapper):
    """Keeps a copy of the gradients of each step."""

    def _clip_grad(self):
        super()._clip_grad()
        self.steps = getattr(self, 'steps', [])
        self.steps.append(
            [p.grad.clone() for p in self.optimizer.param_groups[0]['params']]
        )


class Peek(Hook):
    """Keeps what localisers give in training."""

    def before_train(self, runner):
        self.thetas = []
        for name, module in runner.model.named_modules():
            if name.endswith('localisation'):
                module.register_forward_hook(self.see)

    def see(self, module, inputs, theta):
        if module.training:
            self.thetas.append(theta.detach().clone())


def test_mean_and_deviation_are_of_the_thetas_in_training(tmp_path):
    runner = Runner(**config(tmp_path / 'run'))
    peek = Peek()
    runner.register_hook(peek)
    runner.train()
    numbers, thetas = logged(runner), torch.stack(peek.thetas)  # (4, 4, 3)
    for index, name in enumerate(('scale', 'x', 'y')):
        values = thetas[:, :, index]
        assert_close(numbers[name], values.mean(1).tolist(), check_dtype=False)
        deviation = values.std(1, correction=0).tolist()
        assert_close(numbers[f'{name}_std'], deviation, check_dtype=False)
    assert numbers['outside'] == [0.0] * 4
    assert numbers['angle'] == [0.0] * 4


def test_the_share_outside_is_that_of_the_cells(tmp_path):
    aside = small_transformer(start=(1.0, 0.5, 0.0))
    still = dict(optimizer=dict(type='SGD', lr=0.0))
    runner = trained(tmp_path, transformers=[aside], optim_wrapper=still)
    assert_close(logged(runner)['outside'], [0.25] * 4, check_dtype=False)


def test_of_several_steps_the_composed_theta_is_logged(tmp_path):
    halves = small_transformer(start=(0.5, 0.0, 0.0), num_steps=3)
    still = dict(optimizer=dict(type='SGD', lr=0.0))
    runner = trained(tmp_path, transformers=[halves], optim_wrapper=still)
    assert_close(logged(runner)['scale'], [0.125] * 4, check_dtype=False)


@pytest.mark.parametrize('every', [1, 2], ids=['each', 'accumulated'])
def test_gradients_are_those_the_optimizer_steps_with(tmp_path, every):
    wrapper = dict(
        type='Spy',
        accumulative_counts=every,
        clip_grad=dict(max_norm=0.5),
        **SLOW,
    )
    runner = trained(tmp_path, optim_wrapper=wrapper)
    names = [name for name, _ in runner.model.named_parameters()]
    expected = {'grad': [], 'grad_rest': []}
    for step in runner.optim_wrapper.steps:
        for key, is_own in (('grad', True), ('grad_rest', False)):
            chosen = [
                gradient.flatten()
                for name, gradient in zip(names, step, strict=True)
                if ('localisation' in name) == is_own
            ]
            expected[key].append(torch.cat(chosen).norm().item())
    numbers = logged(runner)
    assert len(expected['grad']) == 4 // every
    assert min(expected['grad']) > 0
    assert_close({k: numbers[k] for k in expected}, expected)


def test_the_gradient_is_of_the_step_before_the_look(tmp_path):
    wrapper = dict(accumulative_counts=2, **SLOW)
    seldom = trained(
        tmp_path, hooks=[dict(HOOK, interval=3)], optim_wrapper=wrapper
    )
    each = trained(tmp_path, 'each', optim_wrapper=wrapper)
    (grad,) = logged(seldom)['grad']  # at 3, of the step at 2
    assert grad == logged(each)['grad'][0]


def test_a_loss_that_localises_once_more_is_not_logged(tmp_path):
    steps = small_transformer(start=(0.5, 0.0, 0.0), num_steps=2)
    model = dict(
        type='mmstn.STNClassifier',
        theta_losses=[dict(type='mmstn.ConsistencyLoss')],
        backbone=dict(
            type='mmstn.STNBackbone',
            backbone=dict(
                type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=6)]
            ),
            transformers=[steps],
        ),
        head=dict(type='LinearClsHead', num_classes=3, in_channels=6),
    )
    still = dict(optimizer=dict(type='SGD', lr=0.0))
    runner = trained(tmp_path, model=model, optim_wrapper=still)
    assert_close(logged(runner)['scale'], [0.25] * 4, check_dtype=False)


@pytest.mark.parametrize('fused', [False, True])
def test_gradients_are_logged_without_the_scale_of_amp(tmp_path, fused):
    numbers = logged(trained(tmp_path, optim_wrapper=scaled(fused)))
    plain = logged(trained(tmp_path, 'plain'))
    for key in ('grad', 'grad_rest'):
        assert_close(numbers[key], plain[key], rtol=1e-5, atol=1e-5)


def test_the_interval_counts_iterations_and_all_backends_get_it(tmp_path):
    runner = trained(
        tmp_path,
        hooks=[dict(HOOK, interval=2)],
        default_hooks=dict(
            checkpoint=None, logger=dict(type='LoggerHook', interval=2)
        ),
    )
    assert len(logged(runner)['scale']) == 2
    (scalars,) = Path(runner.work_dir).rglob('vis_data/scalars.json')
    lines = [json.loads(line) for line in scalars.read_text().splitlines()]
    written = [line for line in lines if 'theta/scale' in line]
    assert [line['step'] for line in written] == [2, 4]
    assert written[-1]['theta/scale'] == logged(runner)['scale'][-1]


def test_the_console_shows_two_numbers_and_the_backends_all(tmp_path):
    hooks = dict(checkpoint=None, logger=dict(type='LoggerHook', interval=1))
    runner, lines = trained_with_log(
        tmp_path,
        hooks=[HOOK],
        optim_wrapper=SLOW,
        transformers=[TRANSFORMER] * 2,
        default_hooks=hooks,
    )
    lines = [line for line in lines if 'loss: ' in line]
    assert len(lines) == 4
    both = ['theta/0/scale', 'theta/0/outside']
    both += [name.replace('0', '1') for name in both]
    for line in lines:
        assert re.findall(r'theta\S*(?=: )', line) == both
    numbers = ('scale', 'scale_std', 'angle', 'angle_std', 'x', 'x_std')
    numbers += ('y', 'y_std', 'outside', 'grad')
    every = {f'{index}/{name}' for index in (0, 1) for name in numbers}
    (path,) = Path(runner.work_dir).rglob('scalars.json')
    written = map(json.loads, path.read_text().splitlines())
    steps = {}
    for line in written:
        for name in line:
            steps.setdefault(name, []).append(line['step'])
    for name in every | {'grad_rest'}:
        assert steps[f'theta/{name}'] == [1, 2, 3, 4]


def test_details_keep_the_hierarchy_of_the_log(tmp_path):
    processor = dict(type='LogProcessor', log_with_hierarchy=True)
    runner = trained(tmp_path, log_processor=processor)
    (path,) = Path(runner.work_dir).rglob('scalars.json')
    text = path.read_text()
    assert text.count('"train/theta/grad":') == 4
    assert '"theta/' not in text


def test_several_transformers_are_told_apart(tmp_path):
    parallel = small_transformer(
        'TranslationGrid', num_transformers=2, scale=0.5
    )
    net = dict(type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=6)])
    streams = dict(
        type='mmstn.ParallelSTNBackbone', backbone=net, transformer=parallel
    )
    model = dict(
        type='ImageClassifier',
        backbone=streams,
        neck=dict(type='mmstn.ConcatStreams'),
        head=dict(type='LinearClsHead', num_classes=3, in_channels=12),
    )
    numbers = logged(trained(tmp_path, model=model))
    one = {'x', 'x_std', 'y', 'y_std', 'outside'}
    apart = {f'{index}/{name}' for index in (1, 2) for name in one}
    assert numbers.keys() == apart | {'grad', 'grad_rest'}
    assert (numbers['1/x'][0], numbers['2/x'][0]) == (-0.5, 0.5)
    two = trained(tmp_path, 'two', transformers=[TRANSFORMER] * 2)
    assert {'0/scale', '1/scale', '0/grad', '1/grad'} < logged(two).keys()


@pytest.mark.parametrize('interval', [1, 3])
def test_training_is_the_same_to_the_bit_without_the_hook(tmp_path, interval):
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
    hooks = [dict(HOOK, interval=interval)]
    with_it = trained(
        tmp_path, 'with', model=copy.deepcopy(noisy), hooks=hooks
    )
    without = trained(tmp_path, 'without', model=noisy, hooks=[])
    left, right = with_it.model.state_dict(), without.model.state_dict()
    assert [k for k in left if not torch.equal(left[k], right[k])] == []
    assert logged(with_it)
    assert not logged(without)


def test_pictures_in_between_change_no_number(tmp_path):
    drawing = dict(type='mmstn.AttentionVisualizationHook', train_interval=1)
    with_it = logged(trained(tmp_path, hooks=[HOOK, drawing]))
    assert with_it == logged(trained(tmp_path, 'without'))


def test_nothing_stays_behind(tmp_path):
    runner = trained(tmp_path)
    assert not any(m._forward_hooks for m in runner.model.modules())
    assert not runner.optim_wrapper.optimizer._optimizer_step_pre_hooks


@pytest.mark.slow
def test_a_compiled_training_is_followed_too(tmp_path):
    short = dict(train_cfg=dict(by_epoch=False, max_iters=1, val_interval=9))
    compiled = dict(compile=dict(backend='eager'))
    numbers = logged(trained(tmp_path, cfg=compiled, **short))
    torch.compiler.reset()
    assert_close(numbers, logged(trained(tmp_path, 'plain', **short)))


def test_a_network_without_transformers_is_refused_before_training(tmp_path):
    with pytest.raises(ValueError, match='ThetaMonitorHook: found no Spatial'):
        trained(tmp_path, transformers=())


def test_a_wrong_interval_is_refused():
    with pytest.raises(ValueError, match='interval must be a whole number'):
        mmstn.hooks.ThetaMonitorHook(interval=0)

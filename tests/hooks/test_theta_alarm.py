"""The monitor warns and stops, in a real, tiny Runner."""

import math
from functools import partial
from pathlib import Path

import pytest
import tiny_run
import torch
from mmengine.hooks import Hook
from mmengine.runner import CheckpointLoader, Runner
from tiny_run import loader, scaled

from mmstn.hooks.lost_run import spoilt

HOOK = dict(type='mmstn.ThetaMonitorHook', interval=1)
# slow enough for a localiser of a few numbers on noise
SLOW = dict(optimizer=dict(type='SGD', lr=1e-3))
config = partial(tiny_run.config, hooks=[HOOK], optim_wrapper=SLOW)


class Force(Hook):
    """Sets the regressor's bias before chosen iterations."""

    def __init__(self, thetas):
        self.thetas = thetas

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        theta = self.thetas.get(runner.iter)
        if theta is not None:
            (transformer,) = runner.model.backbone.transformers
            regressor = transformer.localisation.regressor
            with torch.no_grad():
                regressor.weight.zero_()
                regressor.bias.copy_(torch.tensor(theta))


def warnings_of(tmp_path, thetas, **settings):
    runner = Runner(**config(tmp_path / 'run', **settings))
    runner.register_hook(Force(thetas))
    lines = tiny_run.Lines()
    runner.logger.addHandler(lines)
    runner.train()
    return [line for line in lines.lines if 'ThetaMonitorHook, i' in line]


def test_a_collapse_is_told_once_and_again_after_it_recovered(tmp_path):
    good, away = (0.5, 0.0, 0.0), (0.5, 3.0, 0.0)
    lines = warnings_of(
        tmp_path,
        {0: away, 1: away, 2: good, 3: good, 4: away, 5: away},
        train_dataloader=loader(24),
        train_cfg=dict(by_epoch=True, max_epochs=1),
    )
    outside = [line for line in lines if 'reads outside its source' in line]
    assert [line.split(':')[0] for line in outside] == [
        'ThetaMonitorHook, iteration 1',
        'ThetaMonitorHook, iteration 5',
    ]
    assert 'backbone.transformers.0 reads outside' in outside[0]
    assert 'lr_mult' in outside[0]


def test_equal_thetas_at_the_start_are_no_collapse(tmp_path):
    assert warnings_of(tmp_path, {}) == []


@pytest.mark.parametrize('lost', [math.nan, math.inf])
def test_a_theta_that_is_not_finite_stops_the_run(tmp_path, lost):
    runner = Runner(
        **config(
            tmp_path / 'run',
            default_hooks=dict(
                checkpoint=dict(type='CheckpointHook', interval=1)
            ),
        )
    )
    runner.register_hook(Force({2: (0.5, lost, 0.0)}))
    said = 'in iteration 3: theta of backbone.transformers.0'
    with pytest.raises(FloatingPointError, match=said) as stopped:
        runner.train()
    path = Path(runner.work_dir, 'not_finite_iter_3.pth')
    saved = CheckpointLoader.load_checkpoint(str(path))
    assert saved['meta']['iter'] == 2
    good = Path(runner.work_dir, 'epoch_1.pth')
    assert str(path) in str(stopped.value)
    assert f'good checkpoint is {good}' in str(stopped.value)
    assert '1 weights in it are not finite' in str(stopped.value)
    # stopped before the step: all but the bias is as good as it was
    bias = 'backbone.transformers.0.localisation.regressor.bias'
    assert spoilt(saved['state_dict']) == [bias]


def verdict_of(rank, folder):
    """Write what stops one of two processes, if the second is lost."""
    torch.distributed.init_process_group(
        'gloo', f'file://{folder}/meet', rank=rank, world_size=2
    )
    runner = Runner(**config(Path(folder, 'run')))
    lost = (0.5, math.nan, 0.0)
    runner.register_hook(Force({1: lost} if rank == 1 else {}))
    try:
        runner.train()
    except FloatingPointError as stopped:
        Path(folder, str(rank)).write_text(str(stopped))
    torch.distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.dist
def test_what_one_process_lost_stops_all(tmp_path):
    torch.multiprocessing.spawn(verdict_of, (str(tmp_path),), 2)
    said = 'in iteration 2: theta of backbone.transformers.0'
    for rank in range(2):
        assert said in Path(tmp_path, str(rank)).read_text()


class Poison(Hook):
    """Makes one picture of an iteration not a number."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 1:
            data_batch['inputs'][0] = data_batch['inputs'][0] * math.nan


def test_weights_that_are_still_finite_are_saved(tmp_path):
    runner = Runner(**config(tmp_path / 'run'))
    runner.register_hook(Poison())
    with pytest.raises(FloatingPointError, match='that are still finite'):
        runner.train()
    path = Path(runner.work_dir, 'not_finite_iter_2.pth')
    saved = CheckpointLoader.load_checkpoint(str(path))['state_dict']
    assert spoilt(saved) == []


def test_a_gradient_that_is_not_finite_stops_the_run_before_the_step(
    tmp_path,
):
    class Spoil(Hook):
        def before_train(self, runner):
            (transformer,) = runner.model.backbone.transformers
            transformer.localisation.regressor.bias.register_hook(
                lambda gradient: gradient * math.nan
            )

    runner = Runner(**config(tmp_path / 'run'))
    runner.register_hook(Spoil())
    said = 'the gradient of the localiser of backbone.transformers.0'
    with pytest.raises(FloatingPointError, match=said):
        runner.train()
    assert spoilt(runner.model.state_dict()) == []


def test_iterations_without_a_step_are_looked_at_too(tmp_path):
    runner = Runner(
        **config(
            tmp_path / 'run',
            optim_wrapper=dict(accumulative_counts=2, **SLOW),
        )
    )
    runner.register_hook(Force({2: (0.5, math.nan, 0.0)}))
    with pytest.raises(FloatingPointError, match='iteration 3'):
        runner.train()


def test_without_an_earlier_checkpoint_it_says_so(tmp_path):
    runner = Runner(**config(tmp_path / 'run'))
    runner.register_hook(Force({0: (math.nan, 0.0, 0.0)}))
    with pytest.raises(FloatingPointError, match='no good checkpoint'):
        runner.train()


@pytest.mark.parametrize('fused', [False, True])
def test_a_step_that_amp_skips_is_looked_at_too(tmp_path, fused):
    runner = Runner(**config(tmp_path / 'run', optim_wrapper=scaled(fused)))
    runner.register_hook(Poison())
    with pytest.raises(FloatingPointError, match='that are still finite'):
        runner.train()


@pytest.mark.parametrize('fused', [False, True])
def test_a_scale_of_amp_that_was_too_large_is_no_failure(tmp_path, fused):
    class Overflow(Hook):
        def before_train(self, runner):
            (transformer,) = runner.model.backbone.transformers
            bias = transformer.localisation.regressor.bias
            bias.register_hook(self.overflow)
            self.first = True

        def overflow(self, gradient):
            self.first, first = False, self.first
            return gradient * math.inf if first else gradient

    runner = Runner(**config(tmp_path / 'run', optim_wrapper=scaled(fused)))
    runner.register_hook(Overflow())
    runner.train()
    weights = runner.model.state_dict()
    assert spoilt(weights) == []


def lost_with(tmp_path, *spoil):
    """Fail a run after its second checkpoint; return the error."""

    class Spoil(Hook):
        def before_train_iter(self, runner, batch_idx, data_batch=None):
            if runner.iter == 4:
                for name, change in spoil:
                    change(Path(runner.work_dir, name))

    checkpoints = dict(checkpoint=dict(type='CheckpointHook', interval=1))
    runner = Runner(
        **config(
            tmp_path / 'run',
            train_cfg=dict(by_epoch=True, max_epochs=3),
            default_hooks=checkpoints,
        )
    )
    runner.register_hook(Spoil())
    runner.register_hook(Force({4: (0.5, math.nan, 0.0)}))
    with pytest.raises(FloatingPointError) as stopped:
        runner.train()
    return str(stopped.value)


def test_damaged_and_bare_files_do_not_hide_the_verdict(tmp_path):
    said = lost_with(
        tmp_path,
        ('epoch_2.pth', lambda path: path.write_bytes(b'PK half')),
        ('empty.pth', lambda path: path.touch()),
        ('bare.pth', lambda path: torch.save({'w': torch.ones(1)}, path)),
        ('list.pth', lambda path: torch.save([1], path)),
    )
    assert 'good checkpoint is ' in said
    assert 'epoch_1.pth' in said


def test_a_full_disk_does_not_hide_the_verdict(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Runner, 'save_checkpoint', full)
    runner = Runner(**config(tmp_path / 'run'))
    runner.register_hook(Force({1: (0.5, math.nan, 0.0)}))
    with pytest.raises(FloatingPointError, match='could not be saved'):
        runner.train()


def test_the_advice_works(tmp_path):
    """A stopped run goes on with its batch; a bound of steps reaches it."""
    runner = Runner(**config(tmp_path / 'run'))
    poison = Poison()
    runner.register_hook(poison)
    with pytest.raises(FloatingPointError, match='clip_grad=dict'):
        runner.train()
    slower = dict(SLOW, clip_grad=dict(max_norm=1.0))
    slower['optimizer'] = dict(type='SGD', lr=1e-9)
    again = Runner(
        **config(
            tmp_path / 'again',
            optim_wrapper=slower,
            resume=True,
            load_from=str(Path(runner.work_dir, 'not_finite_iter_2.pth')),
        )
    )
    again.train()
    assert again.iter == 4  # two epochs of two
    assert again.optim_wrapper.clip_grad_kwargs == dict(max_norm=1.0)
    # and this is why a lower rate is not advised for it
    assert again.optim_wrapper.get_lr()['lr'] == [1e-3]

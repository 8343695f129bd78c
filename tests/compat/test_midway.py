"""A checkpoint from inside an epoch is gone on with where it was."""

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import LOOPS, MODELS
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch.testing import assert_close

pytestmark = pytest.mark.slow

MIDWAY = dict(type='CheckpointHook', by_epoch=False, interval=3)


@MODELS.register_module(force=True)
class Parabola(BaseModel):
    """Fit numbers, and keep which of them each step saw."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)
        self.seen = []

    def forward(self, *numbers, mode):
        numbers = torch.stack(numbers)
        self.seen.append(numbers.flatten().tolist())
        return {'loss': (self.line(numbers) - numbers**2).square().mean()}


@LOOPS.register_module(force=True)
class OwnLoop(EpochBasedTrainLoop):
    """Has a way of its own through an epoch."""

    def run_epoch(self):
        super().run_epoch()


class Batches(Hook):
    """Keep the numbers of the batches."""

    def __init__(self):
        self.numbers = []

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.numbers.append(batch_idx)


def train(work_dir, name, batch=4, workers=0, seed=0, loop=None, **settings):
    """Train three epochs of 5 batches; return the runner and the batches."""
    runner = Runner(
        dict(type='Parabola'),
        str(work_dir),
        train_dataloader=dict(
            dataset=list(torch.linspace(0, 1, 20)[:, None]),
            batch_size=batch,
            num_workers=workers,
            persistent_workers=workers > 0,
            sampler=dict(type='DefaultSampler', shuffle=True),
            collate_fn=dict(type='pseudo_collate'),
        ),
        train_cfg=dict(type=loop or 'EpochBasedTrainLoop', max_epochs=3),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
        param_scheduler=dict(type='ExponentialLR', gamma=0.5),
        default_hooks=dict(checkpoint=MIDWAY),
        randomness=dict(seed=seed),
        experiment_name=f'{work_dir} {name}',
        **settings,
    )
    batches = Batches()
    runner.register_hook(batches)
    runner.train()
    return runner, batches.numbers


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """A run of 15 iterations, saved each third."""
    work_dir = tmp_path_factory.mktemp('whole')
    runner, _ = train(work_dir, 'whole')
    return work_dir, runner


@pytest.mark.parametrize('workers', [0, 2])
@pytest.mark.parametrize('done', [3, 6, 12, 15])
def test_it_goes_on_with_the_next_batch(whole, tmp_path, done, workers):
    work_dir, expected = whole
    runner, numbers = train(
        tmp_path,
        'rest',
        workers=workers,
        resume=True,
        load_from=str(work_dir / f'iter_{done}.pth'),
    )
    assert runner.iter == 15
    assert runner.model.seen == expected.model.seen[done:]
    assert numbers == [number % 5 for number in range(done, 15)]
    assert_close(
        runner.model.state_dict(),
        expected.model.state_dict(),
        rtol=0,
        atol=0,
    )
    lr = runner.optim_wrapper.get_lr()
    assert lr == expected.optim_wrapper.get_lr()


def test_the_end_of_an_epoch_is_gone_on_with_at_its_end(tmp_path):
    every = dict(type='CheckpointHook', by_epoch=False, interval=5)
    runner, _ = train(tmp_path, 'whole', custom_hooks=[every])
    rest, _ = train(
        tmp_path / 'rest',
        'rest',
        resume=True,
        load_from=str(tmp_path / 'iter_5.pth'),
    )
    assert rest.model.seen == runner.model.seen[5:]
    assert rest.optim_wrapper.get_lr() == runner.optim_wrapper.get_lr()


def test_a_checkpoint_without_a_record_is_gone_on_with_too(whole, tmp_path):
    work_dir, expected = whole
    path = tmp_path / 'old.pth'
    checkpoint = torch.load(work_dir / 'iter_6.pth')
    del checkpoint['message_hub']['runtime_info']['epoch_begin']
    torch.save(checkpoint, path)
    runner, _ = train(tmp_path, 'rest', resume=True, load_from=str(path))
    assert runner.model.seen == expected.model.seen[6:]


def test_other_batches_are_refused_inside_an_epoch(whole, tmp_path):
    work_dir, _ = whole
    path = str(work_dir / 'iter_6.pth')
    said = 'after 1 of the 5 batches of epoch 2, but now an epoch has 3'
    with pytest.raises(ValueError, match=said):
        train(tmp_path, 'rest', batch=7, resume=True, load_from=path)


def test_other_batches_are_welcome_between_epochs(tmp_path):
    ends = dict(checkpoint=dict(type='CheckpointHook', interval=1))
    train(tmp_path, 'whole', custom_hooks=[ends['checkpoint']])
    runner, numbers = train(
        tmp_path / 'rest',
        'rest',
        batch=7,
        resume=True,
        load_from=str(tmp_path / 'epoch_1.pth'),
    )
    assert numbers == [0, 1, 2] * 2


def test_epochs_of_unlike_lengths_are_gone_on_with(tmp_path):
    hooks = [
        dict(type='CheckpointHook', interval=1),
        dict(type='CheckpointHook', by_epoch=False, interval=7),
    ]
    train(tmp_path, 'five', custom_hooks=hooks)
    five = dict(resume=True, load_from=str(tmp_path / 'epoch_1.pth'))
    three = dict(resume=True, load_from=str(tmp_path / 'three/iter_7.pth'))
    expected, _ = train(
        tmp_path / 'three', 'three', 7, custom_hooks=hooks, **five
    )
    rest, numbers = train(tmp_path / 'rest', 'rest', 7, **three)
    assert numbers == [2, 0, 1, 2]
    assert rest.model.seen == expected.model.seen[2:]


def test_a_loop_with_its_own_epoch_is_refused_inside_one(whole, tmp_path):
    work_dir, _ = whole
    path = str(work_dir / 'iter_6.pth')
    with pytest.raises(ValueError, match='OwnLoop has its own run_epoch'):
        train(tmp_path, 'rest', loop='OwnLoop', resume=True, load_from=path)


def test_a_stream_is_refused_inside_an_epoch(whole, tmp_path, monkeypatch):
    work_dir, _ = whole
    monkeypatch.setattr('mmstn.compat.midway.is_countable', lambda _: False)
    path = str(work_dir / 'iter_6.pth')
    with pytest.raises(ValueError, match='no order to find the place in'):
        train(tmp_path, 'rest', resume=True, load_from=path)


def test_a_run_without_a_seed_keeps_its_order(tmp_path):
    expected, _ = train(tmp_path, 'whole', seed=None)
    path = str(tmp_path / 'iter_6.pth')
    rest, _ = train(
        tmp_path / 'rest', 'rest', seed=None, resume=True, load_from=path
    )
    assert rest.model.seen == expected.model.seen[6:]

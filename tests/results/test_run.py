"""Runs: from a clean copy of a commit, resumable, recorded."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mmstn.results.clean_copy import clean_copy, git, locked
from mmstn.results.experiments import Experiment, Table
from mmstn.results.logs import (
    epochs_trained,
    seconds_per_step,
    validations,
)
from mmstn.results.queue import Queue, in_words
from mmstn.results.record import read_records
from mmstn.results.run import Run

ROOT = Path(__file__).parents[2]
DIGITS = Experiment(
    'stn_digits', 'ST-CNN-Aff', options={'train_cfg.max_epochs': 1}
)
TABLE = Table('digits', 'digits', 'accuracy/top1', (DIGITS,))


@pytest.fixture
def checkout(tmp_path):
    if not (ROOT / '.git').exists():
        pytest.skip('needs a git checkout of mmstn')
    root = tmp_path / 'checkout'
    git(ROOT, 'clone', '-q', str(ROOT), str(root))
    return root


def write_log(folder, *entries):
    path = folder / 'vis_data/scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text('\n'.join(map(json.dumps, entries)))


def step(step, time, epoch=1):
    return dict(loss=1.0, time=time, step=step, epoch=epoch)


def test_a_step_that_was_taken_twice_counts_once(tmp_path):
    validation = {'accuracy/top1': 50.0, 'time': 9.0, 'step': 1}
    write_log(tmp_path / '1', step(10, 0.1), validation, step(20, 0.7, 2))
    write_log(tmp_path / '2', step(20, 0.3, 2), step(30, 0.2, 3))
    assert seconds_per_step(tmp_path) == pytest.approx(0.2)
    assert epochs_trained(tmp_path) == 3


def test_a_run_that_has_not_begun_has_trained_no_epoch(tmp_path):
    assert epochs_trained(tmp_path) == 0


def test_two_processes_do_not_run_one_thing(tmp_path):
    refused = pytest.raises(BlockingIOError, match=f'at work in {tmp_path}')
    with locked(tmp_path), refused, locked(tmp_path):
        pass
    with locked(tmp_path):  # let go
        pass


def test_a_process_that_was_begun_holds_the_folder_when_its_parent_ends(
    tmp_path,
):
    sleep = [sys.executable, '-c', 'import time; time.sleep(60)']
    with locked(tmp_path) as lock:
        child = subprocess.Popen(sleep, pass_fds=[lock.fileno()])
    with pytest.raises(BlockingIOError), locked(tmp_path):
        pass
    child.kill()
    child.wait()
    with locked(tmp_path):
        pass


def test_a_half_made_copy_is_made_again(checkout):
    commit = git(checkout, 'rev-parse', 'HEAD')
    half = checkout / 'work_dirs/reproduce/sources' / commit
    half.mkdir(parents=True)
    (half / 'left').touch()
    assert (clean_copy(checkout, commit) / 'setup.py').is_file()
    assert not (half / 'left').exists()


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """The tools that runs call, none of which does anything."""
    tools = []

    def call(run, source, lock, tool, *arguments):
        tools.append(tool)
        (run.folder / 'metrics.json').write_text('{"other": 1.0}')

    monkeypatch.setattr(Run, 'call', call)
    monkeypatch.setattr(Run, 'commit', lambda run: 'abc')
    monkeypatch.setattr(Run, 'checkpoint', lambda run: Path('epoch_1.pth'))
    monkeypatch.setattr('mmstn.results.run.clean_copy', lambda *_: tmp_path)
    return tools


def test_what_is_trained_is_not_trained_on(tmp_path, calls):
    for _ in range(2):
        with pytest.raises(ValueError, match='accuracy/top1, but the evalua'):
            Run(tmp_path, TABLE, DIGITS, 0).execute()
    assert calls == ['train.py', 'test.py', 'test.py']
    assert not Run(tmp_path, TABLE, DIGITS, 0).is_done


def test_a_run_that_began_as_another_is_not_gone_on_with(tmp_path, calls):
    def stop(run, source, lock, tool, *arguments):
        raise KeyboardInterrupt

    began = Run(tmp_path, TABLE, DIGITS, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, 'call', stop)
        with pytest.raises(KeyboardInterrupt):
            began.execute()
    longer = replace(DIGITS, options={'train_cfg.max_epochs': 2})
    for row in (longer, replace(DIGITS, amp=True)):
        with pytest.raises(RuntimeError, match='delete that folder to train'):
            Run(tmp_path, TABLE, row, 0).execute()
    with pytest.raises(ValueError, match='the evaluator gives other'):
        began.execute()
    assert calls == ['train.py', 'test.py']


def test_data_fetched_by_a_copy_lies_in_the_checkout(checkout):
    copy = clean_copy(checkout, git(checkout, 'rev-parse', 'HEAD'))
    (copy / 'data/mnist').mkdir(parents=True)
    assert (checkout / 'data/mnist').is_dir()


def test_a_line_that_a_full_disk_cut_is_passed_over(tmp_path):
    write_log(tmp_path / '1', step(10, 0.1, 4))
    with (tmp_path / '1/vis_data/scalars.json').open('a') as log:
        log.write('\n{"loss": 1.0, "ti')
    assert seconds_per_step(tmp_path) == pytest.approx(0.1)
    assert epochs_trained(tmp_path) == 4


def test_the_time_left_is_of_the_epochs_trained_here(tmp_path):
    run = Run(tmp_path, TABLE, DIGITS, 0)
    write_log(run.folder / '1', step(10, 0.1, 53))
    queue = Queue([run], 2, [].append)
    queue.began[run] = time.monotonic() - 1200, 51, 100
    # two epochs in 20 minutes; from the 53rd on, 48 are to come
    assert queue.state([run]).endswith('epoch 53 of 100; about 8:00:00 left')


def test_outside_a_checkout_it_says_what_a_run_needs(tmp_path):
    with pytest.raises(RuntimeError, match='needs a git checkout of mmstn'):
        git(tmp_path, 'rev-parse', 'HEAD')


@pytest.mark.parametrize('asked', [(False, True), (True, False)])
def test_a_run_or_its_experiment_asks_for_mixed_precision(tmp_path, asked):
    plain = Run(tmp_path, TABLE, DIGITS, 0)
    assert plain.precision(on_gpu=False) == 'float32'
    of_run, of_experiment = asked
    row = replace(DIGITS, amp=of_experiment)
    run = Run(tmp_path, TABLE, row, 0, of_run)
    assert run.precision(on_gpu=False) == 'bfloat16'
    assert run.precision(on_gpu=True) == 'float16'


def test_a_duration_in_words():
    assert in_words(3725.4) == '1:02:05'


@pytest.mark.slow
def test_a_run_is_recorded_and_goes_on_at_the_commit_it_began_at(checkout):
    both = {'interval': 1, 'max_keep_ckpts': 2}
    options = {'train_cfg.max_epochs': 2} | {
        f'default_hooks.checkpoint.{key}': value for key, value in both.items()
    }
    row = replace(DIGITS, amp=True, options=options)
    first = Run(checkout, TABLE, row, 77)  # a seed nobody published
    record = first.execute()
    assert first.is_done
    assert record in read_records(checkout)['stn_digits']
    assert record.commit == git(checkout, 'rev-parse', 'HEAD')
    assert record.options == options | {'randomness.seed': 77}
    assert record.budget == dict(epochs=2, steps=42, batch_size=64)
    assert record.precision == 'bfloat16'
    assert 'AmpOptimWrapper' in (first.folder / 'train.log').read_text()
    assert 0 < record.value('accuracy/top1') < 100
    assert record.parameters > record.flops / 10**4 > 0

    (checkout / 'configs/stn_digits.py').write_text('broken(')
    git(
        checkout,
        '-c',
        'user.name=a',
        '-c',
        'user.email=a@b',
        'commit',
        '-qam',
        'x',
    )
    (first.folder / 'trained').unlink()  # as after a kill in epoch 2
    first.checkpoint().unlink()
    before = first.folder / 'epoch_1.pth'
    (first.folder / 'last_checkpoint').write_text(str(before))
    again = first.execute()
    assert again.commit == record.commit
    assert again.budget == record.budget
    assert 'resumed epoch: 1' in (first.folder / 'train.log').read_text()


@pytest.mark.slow
def test_the_queue_skips_what_is_done_and_says_what_failed(checkout):
    (checkout / 'configs/results/stn_digits.seed79.json').write_text('{}')
    broken = replace(DIGITS, options={'train_cfg.max_epochs': 'many'})
    runs = [
        Run(checkout, TABLE, DIGITS, 79),
        Run(checkout, TABLE, broken, 78),
    ]
    lines = []
    (error,) = Queue(runs, 2, lines.append).execute()
    assert lines[0] == (
        '1 of 2 runs have a record; to train anew delete it and its folder in '
        'work_dirs/reproduce'
    )
    assert 'stn_digits seed 78: train.py failed' in str(error)
    assert not runs[1].is_done


def test_the_curve_is_of_the_latest_validation_after_each_epoch(tmp_path):
    def validation(epoch, value):
        return {'accuracy/top1': value, 'time': 9.0, 'step': epoch}

    write_log(tmp_path / '1', step(10, 0.1), validation(5, 90.0))
    write_log(tmp_path / '2', validation(10, 97.0), validation(5, 91.0))
    curve = [[5, 91.0], [10, 97.0]]
    assert validations(tmp_path, 'accuracy/top1') == curve
    assert validations(tmp_path, 'sequence/accuracy') == []

"""A run goes on from the newest checkpoint that can be read."""

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.hooks import CheckpointHook
from tiny_training import train

from mmstn.compat.resuming import choose_checkpoint, lacks


@pytest.fixture
def work_dir(tmp_path):
    """A work dir of three epochs, all kept."""
    train(tmp_path, 3)
    return tmp_path


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def choose(work_dir):
    """Return the name of the checkpoint that is chosen, and why."""
    path, why = choose_checkpoint(work_dir, sorted(work_dir.glob('*.pth')))
    return Path(path).name, why


def test_the_pointer_is_followed(work_dir):
    path, why = choose(work_dir)
    assert path == 'epoch_3.pth'
    assert why.startswith('last_checkpoint names')


def test_the_pointer_outranks_a_newer_number_of_another_run(work_dir):
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'epoch_2.pth'))
    assert choose(work_dir)[0] == 'epoch_2.pth'


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        (None, 'there is no .*last_checkpoint'),
        (b'', 'last_checkpoint is empty'),
        (b'\x00\xff\x80', 'last_checkpoint is damaged'),
        (b'\x00\x01', 'last_checkpoint is damaged'),
        (b'/nowhere/epoch_9.pth', 'epoch_9.pth, which does not exist'),
    ],
)
def test_a_lost_pointer_is_survived(work_dir, content, said):
    pointer = work_dir / 'last_checkpoint'
    pointer.unlink()
    if content is not None:
        pointer.write_bytes(content)
    path, why = choose(work_dir)
    assert path == 'epoch_3.pth'
    assert re.search(said, why)
    assert 'is the newest that can be read' in why


def test_a_truncated_checkpoint_gives_way_to_the_one_before(work_dir):
    truncate(work_dir / 'epoch_3.pth')
    path, why = choose(work_dir)
    assert path == 'epoch_2.pth'
    assert 'epoch_3.pth, which cannot be read' in why


def test_a_run_goes_on_from_the_one_before(work_dir, capfd):
    truncate(work_dir / 'epoch_3.pth')
    runner = train(work_dir, 4, resume=True)
    assert runner.iter == 8
    assert 'resumed epoch: 2, iter: 4' in capfd.readouterr().out
    assert lacks(torch.load(work_dir / 'epoch_3.pth')) is None


def test_a_work_dir_without_pointer_is_not_started_over(work_dir, capfd):
    (work_dir / 'last_checkpoint').unlink()
    assert train(work_dir, 4, resume=True).iter == 8
    printed = capfd.readouterr()
    assert 'resumed epoch: 3, iter: 6' in printed.out
    assert 'epoch_3.pth is the newest that can be read' in (
        printed.out + printed.err
    )


def test_the_last_run_counts_not_the_highest_number(work_dir):
    (work_dir / 'last_checkpoint').unlink()
    old = torch.load(work_dir / 'epoch_1.pth')
    old['meta'].update(time='20200101_000000', epoch=50, iter=100)
    torch.save(old, work_dir / 'epoch_50.pth')
    assert choose(work_dir)[0] == 'epoch_3.pth'


def test_other_files_than_checkpoints_of_a_run_are_passed_over(work_dir):
    (work_dir / 'last_checkpoint').unlink()
    last = torch.load(work_dir / 'epoch_3.pth')
    torch.save(last['state_dict'], work_dir / 'bare.pth')
    torch.save([1], work_dir / 'list.pth')
    del last['optimizer'], last['param_schedulers']
    last['meta']['iter'] = 7
    torch.save(last, work_dir / 'best_acc_epoch_3.pth')
    assert choose(work_dir)[0] == 'epoch_3.pth'


def test_a_state_that_is_not_finite_is_never_taken(work_dir, capfd):
    (work_dir / 'last_checkpoint').unlink()
    (work_dir / 'epoch_3.pth').rename(work_dir / 'not_finite_iter_6.pth')
    train(work_dir, 4, resume=True)
    assert 'resumed epoch: 2, iter: 4' in capfd.readouterr().out


def test_damage_alone_is_no_reason_to_start_over(work_dir):
    for path in work_dir.glob('epoch_*'):
        truncate(path)
    before = {path: path.read_bytes() for path in work_dir.glob('epoch_*')}
    said = r'no checkpoint to go on from:(\n.*epoch_\d.pth cannot be read){3}'
    with pytest.raises(FileNotFoundError, match=said):
        train(work_dir, 4, resume=True)
    assert before == {path: path.read_bytes() for path in before}


@pytest.mark.parametrize('pointer', ['lost', 'kept', 'moved'])
def test_only_states_that_are_not_finite_are_an_error(work_dir, pointer):
    for path in work_dir.glob('epoch_*'):
        path.rename(work_dir / f'not_finite_{path.name}')
    if pointer == 'lost':
        (work_dir / 'last_checkpoint').unlink()
    if pointer == 'moved':
        (work_dir / 'last_checkpoint').write_text(str(work_dir / path.name))
    said = 'not_finite_epoch_3.pth was saved by a monitor that stopped the run'
    with pytest.raises(FileNotFoundError, match=said):
        train(work_dir, 4, resume=True)


def test_an_empty_work_dir_is_started_in(tmp_path, capfd):
    assert train(tmp_path, 1, resume=True).iter == 2
    printed = capfd.readouterr()
    assert 'starts from scratch' in printed.out + printed.err


def test_checkpoints_in_another_folder_are_found(tmp_path):
    elsewhere = CheckpointHook(
        interval=1, out_dir=str(tmp_path / 'out'), filename_tmpl='at_{}.pt'
    )
    work_dir = tmp_path / 'run'
    train(work_dir, 2, default=dict(checkpoint=elsewhere))
    (work_dir / 'last_checkpoint').unlink()
    elsewhere.out_dir = str(tmp_path / 'out')
    runner = train(
        work_dir, 2, default=dict(checkpoint=elsewhere), resume=True
    )
    assert runner._load_from.endswith('out/run/at_2.pt')


@pytest.mark.parametrize('length', [0, 3000, -1000])
def test_a_damaged_checkpoint_that_was_asked_for_is_named(work_dir, length):
    path = work_dir / 'epoch_3.pth'
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises((ValueError, pickle.UnpicklingError), match=str(path)):
        train(work_dir, 4, resume=True, load_from=str(path))


def test_bare_weights_that_were_asked_for_are_named(work_dir):
    path = work_dir / 'bare.pth'
    torch.save(torch.load(work_dir / 'epoch_3.pth')['state_dict'], path)
    with pytest.raises(ValueError, match=f'{path} has no '):
        train(work_dir, 4, resume=True, load_from=str(path))


@pytest.mark.slow
@pytest.mark.dist
def test_the_first_process_chooses_for_all(tmp_path):
    train(tmp_path / '0', 2)
    code = (
        f'import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); '
        'from test_resuming import one_of_two; one_of_two(*sys.argv[1:])'
    )
    runs = [
        subprocess.Popen([sys.executable, '-c', code, str(tmp_path), rank])
        for rank in '01'
    ]
    assert [run.wait(120) for run in runs] == [0, 0]


def one_of_two(folder, rank):
    """Be one of two processes, of which the second sees no checkpoint."""
    from mmengine.runner import Runner

    from mmstn.compat.resuming import agree_on_checkpoint

    torch.distributed.init_process_group(
        'gloo',
        init_method=f'file://{folder}/rendezvous',
        rank=int(rank),
        world_size=2,
    )
    runner = object.__new__(Runner)
    runner._work_dir, runner._hooks = f'{folder}/{rank}', []
    assert agree_on_checkpoint(runner) == f'{folder}/0/epoch_2.pth'
    runner._work_dir = f'{folder}/none'
    assert agree_on_checkpoint(runner) is None
    torch.distributed.destroy_process_group()

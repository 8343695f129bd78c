"""There is a whole checkpoint at every moment."""

import errno
import os
from pathlib import Path

import pytest
import torch
from fresh_process import python
from mmengine.fileio import LocalBackend
from mmengine.hooks import CheckpointHook, Hook
from tiny_training import train

from mmstn.compat import saving

ONE = dict(type='CheckpointHook', interval=1, max_keep_ckpts=1)
WHOLE = {'state_dict', 'meta', 'message_hub', 'optimizer', 'param_schedulers'}


class Full:
    """A file on a disk that is full after half of it."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def fill_disk(monkeypatch):
    """A function after which the files opened to be written are ``Full``."""
    ordinary = open

    def fill():
        def opened(path, mode='r', *args, **kwargs):
            file = ordinary(path, mode, *args, **kwargs)
            return Full(file) if set('wx') & set(mode) else file

        monkeypatch.setattr('builtins.open', opened)

    yield fill
    monkeypatch.undo()


def checkpoints(work_dir):
    """Return what each checkpoint of a folder holds, by its name."""
    return {
        path.name: set(torch.load(path)) for path in work_dir.glob('*.pth')
    }


def hidden(work_dir):
    return list(Path(work_dir).rglob('.*'))


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, fill_disk):
    path = tmp_path / 'a.pth'
    LocalBackend().put(b'old', path)
    fill_disk()
    with pytest.raises(OSError, match='No space left'):
        LocalBackend().put(b'new and longer', path)
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_a_folder_made(tmp_path):
    (tmp_path / 'link.pth').symlink_to(tmp_path / 'deep/a.pth')
    LocalBackend().put(b'new', tmp_path / 'link.pth')
    assert (tmp_path / 'deep/a.pth').read_bytes() == b'new'
    assert (tmp_path / 'link.pth').is_symlink()


def test_a_pipe_is_written_to_as_before(tmp_path):
    pipe = tmp_path / 'pipe'  # never a device: what fails here replaces it
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    LocalBackend().put(b'told', pipe)
    assert os.read(reader, 9) == b'told'
    os.close(reader)
    assert pipe.is_fifo()


def test_a_file_may_be_read_by_whom_it_always_was(tmp_path):
    LocalBackend().put(b'new', tmp_path / 'a.pth')
    (tmp_path / 'b.pth').write_bytes(b'new')
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_content_and_name_reach_the_disk_in_that_order(tmp_path, monkeypatch):
    calls = []
    for name in ('fsync', 'replace'):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, n=name, r=real: (calls.append(n), r(*a))[1]
        )
    LocalBackend().put(b'new', tmp_path / 'a.pth')
    assert calls == ['fsync', 'replace', 'fsync']


def test_checkpoint_and_pointer_are_moved_into_place(tmp_path, monkeypatch):
    moved, replace = [], os.replace

    def watched(partial, path):
        moved.append(Path(path).name)
        replace(partial, path)

    monkeypatch.setattr(os, 'replace', watched)
    train(tmp_path, 1)
    assert moved == ['epoch_1.pth', 'last_checkpoint']


class Watch(Hook):
    """Count the checkpoints each time one is about to be written."""

    def __init__(self):
        self.found = []

    def before_save_checkpoint(self, runner, checkpoint):
        found = checkpoints(Path(runner.work_dir))
        pointer = Path(runner.work_dir, 'last_checkpoint')
        if found:
            assert Path(pointer.read_text()).name in found
        self.found.append(sorted(found))


def test_the_old_checkpoint_goes_when_the_new_one_is_there(tmp_path):
    watch = Watch()
    hooks = dict(checkpoint=ONE)
    train(tmp_path, 3, default=hooks, hooks=[watch])
    assert watch.found == [[], ['epoch_1.pth'], ['epoch_2.pth']]
    assert set(checkpoints(tmp_path)) == {'epoch_3.pth'}
    assert (tmp_path / 'last_checkpoint').read_text().endswith('epoch_3.pth')


def test_a_full_disk_costs_no_checkpoint(tmp_path, fill_disk):
    class Fill(Hook):
        def after_train_epoch(self, runner):
            if runner.epoch == 1:
                fill_disk()

    with pytest.raises(OSError, match='No space left'):
        train(tmp_path, 3, default=dict(checkpoint=ONE), hooks=[Fill()])
    assert checkpoints(tmp_path)['epoch_1.pth'] >= WHOLE
    assert (tmp_path / 'last_checkpoint').read_text().endswith('epoch_1.pth')
    assert hidden(tmp_path) == []


class Best(CheckpointHook):
    """Sees an accuracy that grows from epoch to epoch."""

    def after_train_epoch(self, runner):
        super().after_train_epoch(runner)
        self._save_best_checkpoint(runner, {'acc': float(runner.epoch)})


def test_the_old_best_goes_when_the_new_one_is_there(tmp_path):
    watch = Watch()
    best = Best(interval=1, max_keep_ckpts=1, save_best='acc')
    train(tmp_path, 2, default=dict(checkpoint=best), hooks=[watch])
    assert watch.found[-2:] == [['best_acc_epoch_0.pth', 'epoch_2.pth']] + [
        ['best_acc_epoch_0.pth', 'best_acc_epoch_1.pth', 'epoch_2.pth']
    ]
    assert sorted(checkpoints(tmp_path)) == [
        'best_acc_epoch_1.pth',
        'epoch_1.pth',
    ]


def test_a_checkpoint_that_takes_the_name_of_the_old_one_stays(tmp_path):
    hook = CheckpointHook(max_keep_ckpts=1)
    hook.file_backend, hook.last_ckpt = LocalBackend(), str(tmp_path / 'a')

    def save(self):
        self.file_backend.remove(self.last_ckpt)
        self.file_backend.put(b'new', self.last_ckpt)

    saving.delete_last(save)(hook)
    assert (tmp_path / 'a').read_bytes() == b'new'


def test_other_backends_delete_as_they_did(tmp_path):
    class Store:
        """Not on this disk."""

        removed = False

        def remove(self, path):
            self.removed = True

    hook = CheckpointHook(max_keep_ckpts=1)
    hook.file_backend = Store()

    def save(self):
        self.file_backend.remove('s3://a')
        assert self.file_backend.removed

    saving.delete_last(save)(hook)


@pytest.mark.slow
def test_files_of_a_killed_writer_are_swept_at_the_next_start(tmp_path):
    code = (
        'import os, mmstn; from mmengine.fileio import LocalBackend\n'
        'os.replace = lambda *paths: os._exit(9)\n'
        f'LocalBackend().put(b"new", {str(tmp_path / "a.pth")!r})\n'
    )
    assert python(code).returncode == 9
    assert len(hidden(tmp_path)) == 1
    (tmp_path / '.mine').touch()
    train(tmp_path, 1)
    assert hidden(tmp_path) == [tmp_path / '.mine']

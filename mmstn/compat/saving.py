"""Write checkpoints so that no moment is without a whole one."""

import contextlib
import functools
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.fileio import LocalBackend
from mmengine.hooks import CheckpointHook, checkpoint_hook
from mmengine.runner import Runner

from mmstn.files import PARTIAL, write_whole


def sweep(folder: str | Path) -> None:
    """Delete the temporary files of writers that were killed."""
    for partial in Path(folder).glob(PARTIAL.format('*')):
        partial.unlink(missing_ok=True)


def write_files_whole() -> None:
    """Write every file of MMEngine's local backend whole.

    MMEngine 0.10 writes a checkpoint in place: a kill or a full disk leaves
    half of it, and of an older one of that name nothing. Every way of saving
    (periodic, best, published) ends in this one method; other backends, and
    what is no regular file, keep theirs.
    """
    put = LocalBackend.put

    @functools.wraps(put)
    def put_whole(self, obj: bytes, filepath: str | Path) -> None:
        if os.path.exists(filepath) and not os.path.isfile(filepath):
            put(self, obj, filepath)  # such as /dev/stdout
        else:
            folder = os.path.dirname(os.path.realpath(filepath))
            os.makedirs(folder, exist_ok=True)
            write_whole(filepath, obj, survives_power_loss=True)

    LocalBackend.put = put_whole


@contextlib.contextmanager
def open_whole(path: str, mode: str) -> Iterator[io.StringIO]:
    """Stand in for ``open(path, 'w')``: the file is written at the end."""
    text = io.StringIO()
    yield text
    content = text.getvalue().encode()
    write_whole(path, content, survives_power_loss=True)


def point_last() -> None:
    """Write ``last_checkpoint`` whole.

    MMEngine's CheckpointHook empties it before it writes the new name. Its
    module opens no other file.
    """
    checkpoint_hook.open = open_whole


class Keeper:
    """A file backend that deletes later, and does the rest at once."""

    def __init__(self, backend):
        self.backend = backend
        self.deletions = []

    def __getattr__(self, name: str):
        return getattr(self.backend, name)

    def remove(self, path: str) -> None:
        self.deletions.append((self.backend.remove, path))

    def rmtree(self, path: str) -> None:
        self.deletions.append((self.backend.rmtree, path))


def delete_last(save: Callable) -> Callable:
    """Let a method of CheckpointHook delete when all is saved, not before."""

    @functools.wraps(save)
    def save_then_delete(self, *args, **kwargs):
        backend = self.file_backend
        if not is_local(backend):
            return save(self, *args, **kwargs)
        self.file_backend = keeper = Keeper(backend)
        try:
            save(self, *args, **kwargs)
        finally:
            self.file_backend = backend
        kept = named(self)
        for delete, path in keeper.deletions:
            if path not in kept:  # one of the same name is new
                delete(path)
        return None

    return save_then_delete


def is_local(backend) -> bool:
    """Return whether a backend, or a Keeper or FileClient of one, is local."""
    if isinstance(backend, Keeper):
        backend = backend.backend
    return isinstance(getattr(backend, 'client', backend), LocalBackend)


def named(hook: CheckpointHook) -> set[str]:
    """Return the paths a CheckpointHook counts as its last and best."""
    best = getattr(hook, 'best_ckpt_path_dict', {}).values()
    return {hook.last_ckpt, getattr(hook, 'best_ckpt_path', None), *best}


def delete_old_checkpoints_last() -> None:
    """Delete an old checkpoint when the new one and the pointer are there.

    With ``max_keep_ckpts=1``, MMEngine 0.10 has none from before it starts to
    write until it has finished; with ``save_best``, no best one.
    """
    for name in ('_save_checkpoint_with_step', '_save_best_checkpoint'):
        method = getattr(CheckpointHook, name)
        setattr(CheckpointHook, name, delete_last(method))


def sweep_at_start() -> None:
    """Delete what killed writers left, when the next training starts."""
    before_train = CheckpointHook.before_train

    @functools.wraps(before_train)
    def sweep_before_train(self, runner: Runner) -> None:
        before_train(self, runner)
        if is_main_process() and is_local(self.file_backend):
            for folder in {runner.work_dir, str(self.out_dir)}:
                sweep(folder)

    CheckpointHook.before_train = sweep_before_train

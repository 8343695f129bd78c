"""A clean copy of a commit to run from, and who holds which folder."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

RUNS = 'work_dirs/reproduce'


def git(root: Path, *arguments: str) -> str:
    """Return what a git command prints.

    Raises:
        RuntimeError: If git refuses, as outside a checkout.
    """
    ended = subprocess.run(
        ['git', '-C', str(root), *arguments], capture_output=True, text=True
    )
    if ended.returncode != 0:
        raise RuntimeError(
            f'reproduce: a run needs a git checkout of mmstn, but in {root} '
            f'`git {" ".join(arguments)}` says: {ended.stderr.strip()}'
        )
    return ended.stdout.strip()


def clean_copy(root: Path, commit: str) -> Path:
    """Return a folder with the files of a commit, and data as in ``root``."""
    copy = root / RUNS / 'sources' / commit
    with locked(copy.parent, wait=True):
        if not (copy / '.complete').is_file():
            shutil.rmtree(copy, ignore_errors=True)  # of a kill meanwhile
            git(root, 'clone', '-q', '--no-checkout', str(root), str(copy))
            git(copy, 'checkout', '-q', commit)
            for name in ('data', 'checkpoints'):
                (root / name).mkdir(exist_ok=True)  # for what is fetched
                (copy / name).symlink_to(root / name)
            (copy / '.complete').touch()
    return copy


@contextmanager
def locked(folder: Path, wait: bool = False) -> Iterator[IO]:
    """Hold a folder, so that two processes do not run one thing.

    Yields:
        The file of the lock. A process that inherits it holds the folder
        too, even after this one is killed.

    Raises:
        BlockingIOError: If it is held, and ``wait`` is False.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / 'lock').open('w') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise BlockingIOError(
                f'another process is at work in {folder}'
            ) from error
        yield file

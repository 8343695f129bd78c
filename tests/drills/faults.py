"""End a process, or its disk, in a chosen phase of a save."""

import builtins
import errno
import os
import signal

PHASES = ('before', 'empty', 'half', 'after', 'pointer', 'full')


class Half:
    """A file that ends its process, or is out of space, half written."""

    def __init__(self, file, end):
        self.file, self.end = file, end

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        self.end()


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def fill():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def inject(phase: str, number: int) -> None:
    """End the process, or its disk, in a phase of the numbered write.

    Writes are those of checkpoints, even, and of pointers, odd.
    """
    ordinary, count = open, -1
    target = number // 2 * 2 + (phase in ('after', 'pointer'))

    def opened(path, mode='r', *args, **kwargs):
        nonlocal count
        name = os.path.basename(str(path))
        is_save = name.endswith(('.pth', '.partial', 'last_checkpoint'))
        if not is_save or not set('wx') & set(mode):
            return ordinary(path, mode, *args, **kwargs)
        count += 1
        if count == target and phase in ('before', 'after'):
            die()
        file = ordinary(path, mode, *args, **kwargs)
        if count == target and phase == 'empty':
            die()
        end = fill if phase == 'full' else die
        return Half(file, end) if count == target else file

    builtins.open = opened

"""Where runs write, and files that are written whole or not at all."""

import contextlib
import os
import secrets
from pathlib import Path

import cv2
import numpy as np

# The pattern of temporary files; one that outlived its process is stale.
PARTIAL = '.mmstn-{}.partial'


def default_work_dir(config: str) -> Path:
    """Return ``work_dirs/`` and the path of a config, as below ``configs/``.

    ``sums/cnn.py`` and ``volumes/cnn.py`` do not share one. A config that is
    in no folder ``configs`` has one by its name.
    """
    path = Path(config).absolute().with_suffix('')
    for folder in path.parents:
        if folder.name == 'configs':
            return Path('work_dirs') / path.relative_to(folder)
    return Path('work_dirs') / path.name


def write_whole(
    path: str | Path, content: bytes, survives_power_loss: bool = False
) -> None:
    """Write a file under a temporary name, then move it into place.

    Whoever reads the path, at any moment, finds the old content or the new.
    Python opens the file, not OpenCV: that ends the process at a path which
    is not UTF-8, and only returns False where a disk is full.

    Args:
        path: Of the file, in a folder that is there. A link is followed.
        content: All of it.
        survives_power_loss: Whether to wait until it is on the disk, which
            takes milliseconds.

    Raises:
        OSError: If the file could not be written, with its path; nothing of
            it stays, and an older file of the name stays as it is.
    """
    path = Path(os.path.realpath(path))
    partial = path.with_name(PARTIAL.format(secrets.token_hex(8)))
    try:
        with open(partial, 'xb') as file:
            file.write(content)
            if survives_power_loss:
                file.flush()
                os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise type(error)(
            error.errno, f'{error.strerror}; not written', str(path)
        ) from error
    finally:  # after Ctrl-C too
        with contextlib.suppress(OSError):
            partial.unlink()
    if survives_power_loss:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk, where its system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_png(path: Path, picture: np.ndarray, level: int = 6) -> None:
    """Write an RGB picture as a PNG; see :func:`write_whole`.

    Args:
        path: Where it goes; the folder must be there.
        picture: uint8 ``(H, W, 3)``.
        level: Of compression, from 0 to 9.
    """
    _, content = cv2.imencode(
        '.png', picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, level]
    )
    write_whole(path, content.tobytes())

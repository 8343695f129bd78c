"""Where runs write, and files that are there to their end or not at all."""

import os
import secrets
from pathlib import Path

import cv2
import numpy as np


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


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then move it into place.

    Python opens the file, not OpenCV: that ends the process at a path which
    is not UTF-8, and only returns False where a disk is full.

    Raises:
        OSError: If the file could not be written, with its path; nothing of
            it stays, and an older file of the name stays as it is.
    """
    path = Path(path)
    partial = path.with_name(f'.{secrets.token_hex(8)}.partial')
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        raise type(error)(
            error.errno, f'{error.strerror}; not written', str(path)
        ) from error
    finally:
        partial.unlink(missing_ok=True)


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

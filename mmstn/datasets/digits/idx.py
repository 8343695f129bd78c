"""Read the idx files of MNIST and its kin."""

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the unsigned bytes of an idx file, gzipped or not.

    Args:
        path: The file; gzipped if its name ends so.
        axes: How many axes it should have: 1 for labels, 3 for images.

    Raises:
        ValueError: If the file is damaged or of another kind.
    """
    try:
        opener = gzip.open if path.suffix == '.gz' else open
        with opener(path, 'rb') as file:
            content = file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f'{path} is damaged or truncated ({error}); delete it and fetch '
            'it again'
        ) from error
    header = 4 + 4 * axes
    magic = content[:4]
    if magic != bytes([0, 0, 8, axes]):
        raise ValueError(
            f'{path} is no idx file of bytes with {axes} axes: it should '
            f'start with 00 00 08 {axes:02x}, but starts with '
            f'{magic.hex(" ") or "nothing"}'
        )
    shape = np.frombuffer(content[4:header].ljust(4 * axes, b'\0'), '>u4')
    expected = header + prod(shape.tolist())
    if len(content) < expected:
        raise ValueError(
            f'{path} is truncated: {len(content)} bytes, where {expected} '
            'are expected; delete it and fetch it again'
        )
    if len(content) > expected:
        raise ValueError(
            f'{path} is damaged: after its {expected} bytes it goes on for '
            f'{len(content) - expected}'
        )
    return np.frombuffer(content[header:], np.uint8).reshape(shape)

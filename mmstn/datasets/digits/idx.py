"""Read the idx files of MNIST and its kin."""

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np

LARGEST = 1 << 30  # bytes; the 814,255 images of EMNIST take 0.6 of it


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the unsigned bytes of an idx file, gzipped or not.

    Reads what the header promises, and one byte more to see that it ends.

    Args:
        path: The file; gzipped if its name ends so.
        axes: How many axes it should have: 1 for labels, 3 for images.

    Raises:
        ValueError: If the file is damaged or of another kind.
    """
    try:
        opener = gzip.open if path.suffix == '.gz' else open
        with opener(path, 'rb') as file:
            header = file.read(4 + 4 * axes)
            shape = read_header(path, header, axes)
            expected = prod(shape)
            content = file.read(expected)
            more = file.read(1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f'{path} is damaged or truncated ({error}); delete it and fetch '
            'it again'
        ) from error
    if len(content) < expected:
        raise ValueError(
            f'{path} is truncated: {len(header) + len(content)} bytes, where '
            f'{len(header) + expected} are expected; delete it and fetch it '
            'again'
        )
    if more:
        raise ValueError(
            f'{path} is damaged: it goes on after the '
            f'{len(header) + expected} bytes that its header promises; delete '
            'it and fetch it again'
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def read_header(path: Path, header: bytes, axes: int) -> tuple[int, ...]:
    """Return the shape that a header promises.

    Raises:
        ValueError: If it is another kind's, cut short, or promises too much.
    """
    magic = header[:4]
    if magic != bytes([0, 0, 8, axes]):
        raise ValueError(
            f'{path} is no idx file of bytes with {axes} axes: it should '
            f'start with 00 00 08 {axes:02x}, but starts with '
            f'{magic.hex(" ") or "nothing"}'
        )
    if len(header) < 4 + 4 * axes:
        raise ValueError(
            f'{path} is truncated: {len(header)} bytes, where its header '
            f'alone has {4 + 4 * axes}; delete it and fetch it again'
        )
    shape = tuple(np.frombuffer(header[4:], '>u4').tolist())
    if prod(shape) > LARGEST:
        raise ValueError(
            f'{path} is damaged: its header promises {prod(shape)} bytes, '
            f'where at most {LARGEST} are read; delete it and fetch it again'
        )
    return shape

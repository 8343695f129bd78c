"""Annotations of CUB-200-2011: a box around each bird, and its parts."""

from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

import torch
from torch import Tensor

from mmstn.datasets.cub.cub import AGAIN, check_folder, words

FILES = {  # what stands on each line
    'images.txt': '<image_id> <class>/<image>.jpg',
    'bounding_boxes.txt': '<image_id> <x> <y> <width> <height>',
    'parts/parts.txt': '<part_id> <name>',
    'parts/part_locs.txt': '<image_id> <part_id> <x> <y> <visible>',
}


@dataclass
class Bird:
    """The annotations of one image, in pixels of its file.

    Positions are taken to count from 0, with whole numbers at the centres of
    pixels, and a box to reach from ``(x, y)`` to ``(x + width, y + height)``.
    The files do not say so, but most boxes that touch the right or lower
    side of their image end there at its size less one.

    Args:
        corners: Of the box, float64 ``(2, 2)``.
        parts: float64 ``(K, 2)``.
        visible: bool ``(K,)``.
    """

    corners: Tensor
    parts: Tensor
    visible: Tensor


def annotations(root: str) -> tuple[list[str], dict[str, Bird]]:
    """Return the names of the parts, and birds by ``<class>/<image>.jpg``.

    Args:
        root: The folder ``CUB_200_2011``.

    Raises:
        FileNotFoundError: If a file is missing; says where to get it.
    """
    check_folder(root, tuple(FILES))
    lines = {
        name: words(Path(root), name, layout) for name, layout in FILES.items()
    }
    boxes = {image: numbers for image, *numbers in lines['bounding_boxes.txt']}
    parts = [part for part, _ in lines['parts/parts.txt']]
    points = {}
    for image, part, *numbers in lines['parts/part_locs.txt']:
        where = f'part {part} of image {image} in parts/part_locs.txt'
        points.setdefault(image, {})[part] = values(root, where, numbers)
    birds = {}
    for image, name in lines['images.txt']:
        here = points.get(image, {})
        if image not in boxes or not here.keys() >= set(parts):
            raise ValueError(
                f'CUB-200-2011: in {root}, image {image} ({name}) lacks its '
                'box or a part; ' + AGAIN
            )
        where = f'image {image} in bounding_boxes.txt'
        x, y, width, height = values(root, where, boxes[image])
        corners = torch.tensor(
            [[x, y], [x + width, y + height]], dtype=torch.float64
        )
        located = torch.tensor(
            [here[part] for part in parts], dtype=torch.float64
        )
        birds[name] = Bird(corners, located[:, :2], located[:, 2] > 0)
    return [name for _, name in lines['parts/parts.txt']], birds


def values(root: str, where: str, numbers: list[str]) -> list[float]:
    """Return finite numbers; a ValueError names the line of any other."""
    try:
        found = [*map(float, numbers)]
    except ValueError:
        found = [nan]
    if not all(map(isfinite, found)):
        raise ValueError(
            f'CUB-200-2011: in {root}, {where} has {" ".join(numbers)!r}, '
            f'which are not all finite numbers; {AGAIN}'
        )
    return found

"""What CUB-200-2011 annotates: a box around each bird, and its parts."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mmstn.datasets.cub.cub import check_folder

FILES = {  # what stands on each line
    'images.txt': '<image_id> <class>/<image>.jpg',
    'bounding_boxes.txt': '<image_id> <x> <y> <width> <height>',
    'parts/parts.txt': '<part_id> <name>',
    'parts/part_locs.txt': '<image_id> <part_id> <x> <y> <visible>',
}


@dataclass
class Bird:
    """What is annotated in one image, in pixels of its file.

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
    lines = {name: words(Path(root), name) for name in FILES}
    boxes = {image: numbers for image, *numbers in lines['bounding_boxes.txt']}
    parts = [part for part, _ in lines['parts/parts.txt']]
    places = {}
    for image, part, *numbers in lines['parts/part_locs.txt']:
        places.setdefault(image, {})[part] = [*map(float, numbers)]
    birds = {}
    for image, name in lines['images.txt']:
        here = places.get(image, {})
        if image not in boxes or not here.keys() >= set(parts):
            raise ValueError(
                f'CUB-200-2011: in {root}, image {image} ({name}) lacks its '
                'box or a part; unpack CUB_200_2011.tgz anew'
            )
        x, y, width, height = map(float, boxes[image])
        corners = torch.tensor(
            [[x, y], [x + width, y + height]], dtype=torch.float64
        )
        located = torch.tensor(
            [here[part] for part in parts], dtype=torch.float64
        )
        birds[name] = Bird(corners, located[:, :2], located[:, 2] > 0)
    return [name for _, name in lines['parts/parts.txt']], birds


def words(root: Path, name: str) -> list[list[str]]:
    """Return the words on each line of one of ``FILES``.

    Raises:
        ValueError: If a line has not as many words as it must.
    """
    path = root / name
    count = len(FILES[name].split())
    lines = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        lines.append(line.split(maxsplit=count - 1))
        if len(lines[-1]) != count:
            raise ValueError(
                f'CUB-200-2011: line {number} of {path} must be '
                f'{FILES[name]}, but is {line!r}'
            )
    return lines

"""Crop the house numbers of SVHN's full images, once for all trainings.

The crop of 64 pixels is from Goodfellow et al. 2013: the rectangle around
all digit boxes, 30 % wider and higher, made square. That of 128 pixels shows
twice the width and height, or as much of either as the image has; how much
Jaderberg et al. 2015 took they do not say.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from mmstn.datasets.svhn.digit_struct import DigitStruct, HouseNumber
from mmstn.files import write_png, write_whole

FOLDERS = ('train', 'test', 'extra')
ADDRESS = 'http://ufldl.stanford.edu/housenumbers'
EXPANSION = {64: 1.3, 128: 2.6}  # of a side of the rectangle, for each size
LENGTH = 5
END = b'IEND\xaeB`\x82'  # of a PNG
DAMAGED = (  # what Pillow raises
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
)
NOTHING = 10  # where a number has no more digits


def rectangle(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last corner around all boxes."""
    return boxes[:, :2].min(0), (boxes[:, :2] + boxes[:, 2:]).max(0)


def is_within(boxes: np.ndarray, size: tuple) -> bool:
    """Return whether the boxes have an area inside an image of this size."""
    low, high = rectangle(boxes)
    area = (np.maximum(low, 0) < np.minimum(high, size)).all()
    return bool(area and np.isfinite(boxes).all())


def region(boxes: np.ndarray, size: tuple, expansion: float) -> tuple:
    """Return left, top, right and bottom of the crop, in pixels.

    It has the centre of the rectangle around all boxes. Where it would leave
    the image it is moved inside, and shortened to the image if it must be.

    Args:
        boxes: ``(digits, 4)``: left, top, width and height, in pixels.
        size: Width and height of the image.
        expansion: Sides of the region, over those of the rectangle.
    """
    size = np.array(size, dtype=float)
    low, high = rectangle(boxes)
    sides = np.clip((high - low) * expansion, 1, size)
    start = np.clip((low + high - sides) / 2, 0, size - sides)
    end = np.minimum(start + sides, size)  # no rounding beyond the image
    return (*start.tolist(), *end.tolist())


def crop(image: Image.Image, boxes: np.ndarray, side: int) -> Image.Image:
    """Return the crop of ``side`` pixels; shrinking averages."""
    return image.resize(
        (side, side),
        Image.Resampling.BILINEAR,
        region(boxes, image.size, EXPANSION[side]),
    )


def crops_folder(root: Path, side: int, folder: str) -> Path:
    """Return where the crops of an official folder are."""
    return root / f'crops{side}' / folder


def annotation_file(root: Path, side: int, folder: str) -> Path:
    """Return the list of the crops of an official folder.

    It is in MMEngine's format, and written when they are complete.
    """
    return crops_folder(root, side, folder).with_suffix('.json')


def download_instructions(root: Path) -> str:
    """Return the instructions to get the official folders."""
    return (
        'Fetch train.tar.gz, test.tar.gz and extra.tar.gz (the full numbers, '
        f'not the cropped digits) from {ADDRESS} and unpack them in {root}, '
        'so that it holds train, test and extra, each with digitStruct.mat, '
        '1.png, 2.png, ...'
    )


def prepare(
    root: Path, folder: str, progress: Callable[[tuple], Iterable]
) -> dict[str, str]:
    """Make the crops of one official folder; return the images left out.

    Crops that are there are kept, so an interrupted run goes on where it was;
    delete them if the boxes have changed.

    Args:
        root: The folder that holds the official ones.
        folder: ``'train'``, ``'test'`` or ``'extra'``.
        progress: From an iterable and its length to the same iterable, such
            as MMEngine's ``track_iter_progress``.

    Returns:
        From the name of each image without crops to the reason.

    Raises:
        ValueError: If the list is damaged, or no image can be used.
        OSError: If a crop or the list of them cannot be written.
    """
    for side in EXPANSION:
        crops_folder(root, side, folder).mkdir(parents=True, exist_ok=True)
    numbers = DigitStruct(root / folder / 'digitStruct.mat')
    rows, left_out = [], {}
    for number in progress((numbers, len(numbers))):
        reason = make_crops(root, folder, number)
        if reason:
            left_out[number.name] = reason
        else:
            nothing = [NOTHING] * (LENGTH - len(number.digits))
            label = [*number.digits, *nothing]
            rows.append(dict(img_path=number.name, gt_label=label))
    if not rows:
        reasons = [f'{name} {reason}' for name, reason in left_out.items()]
        raise ValueError(
            f'{root / folder} gives no crops: '
            + ('; '.join(reasons[:3]) or 'its list is empty')
        )
    content = json.dumps(
        dict(metainfo=dict(left_out=left_out), data_list=rows)
    )
    for side in EXPANSION:
        path = annotation_file(root, side, folder)
        write_whole(path, content.encode())
    return left_out


def is_complete(crop: Path) -> bool:
    """Return whether a crop's file is complete: a loss of power cuts it."""
    try:
        with crop.open('rb') as file:
            file.seek(-len(END), os.SEEK_END)
            return file.read() == END
    except OSError:
        return False


def make_crops(root: Path, folder: str, number: HouseNumber) -> str | None:
    """Make the crops of a number; return None, or why there are none."""
    if len(number.digits) > LENGTH:
        return f'has more than {LENGTH} digits'
    targets = {
        side: crops_folder(root, side, folder) / number.name
        for side in EXPANSION
    }
    if all(map(is_complete, targets.values())):
        return None
    source = root / folder / number.name
    try:
        with Image.open(source) as opened:
            image = opened.convert('RGB')
    except FileNotFoundError:
        return 'is missing'
    except DAMAGED as error:
        return f'is damaged: {error}'
    if not is_within(number.boxes, image.size):
        return 'has boxes without an area in it'
    for side, target in targets.items():
        picture = np.asarray(crop(image, number.boxes, side))
        write_png(target, picture, level=1)
    return None

"""House numbers made of MNIST digits, for those without SVHN.

One to five digits stand side by side, turned and slanted together, anywhere
on textured, darker ground. They come in SVHN's layout, so that everything
made for SVHN takes them.
"""

from collections.abc import Callable, Iterable
from math import cos, radians, sin
from pathlib import Path

import cv2
import numpy as np
import torch

from mmstn.datasets.digits.mnist import DIGIT_SIDE
from mmstn.datasets.svhn.digit_struct import HouseNumber, write_digit_struct
from mmstn.files import write_png
from mmstn.geometry.affine import affine_grid
from mmstn.geometry.sampling import sample

SHARES = (0.15, 0.45, 0.27, 0.1, 0.03)  # of numbers with 1 to 5 digits
SPACING = 20  # from a digit to the next, in pixels of MNIST


def make_folder(
    folder: Path,
    digits: tuple[np.ndarray, np.ndarray],
    count: int,
    key: tuple[int, ...],
    progress: Callable[[tuple], Iterable],
) -> None:
    """Fill one folder of SVHN's layout.

    Args:
        folder: Where ``1.png``, ... and ``digitStruct.mat`` go.
        digits: Images, uint8 ``(N, 28, 28)``, and their labels ``(N,)``.
        count: How many house numbers to make.
        key: Whole numbers from 0; with the place of an image in the folder
            they decide all that is random in it.
        progress: See :func:`mmstn.datasets.svhn.svhn_crops.prepare`.
    """
    folder.mkdir(parents=True)
    images, labels = digits
    numbers = []
    for index in progress((range(1, count + 1), count)):
        random = np.random.default_rng([*key, index])
        chosen = random.integers(
            len(images), size=1 + random.choice(len(SHARES), p=SHARES)
        )
        picture, boxes = make_house_number(images[chosen], random)
        name = f'{index}.png'
        write_png(folder / name, picture)
        numbers.append(HouseNumber(name, tuple(labels[chosen]), boxes))
    write_digit_struct(folder / 'digitStruct.mat', numbers)


def make_house_number(
    digits: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of digits, uint8 ``(H, W, 3)``, and their boxes.

    Args:
        digits: uint8 ``(L, 28, 28)``, left to right.
        random: What chooses the rest.

    Returns:
        The picture, and a box around the ink of each digit, ``(L, 4)``: left,
        top, width and height in pixels.
    """
    layers = lay_out(digits)  # (L, 28, strip)
    matrix = pose(random)
    corners = np.stack([ink_corners(layer) for layer in layers])  # (L, 4, 2)
    corners = corners @ matrix.T
    low, high = corners.min((0, 1)), corners.max((0, 1))
    sides = (high - low) * random.uniform(1.2, 2.4, 2)
    width, height = (int(side) + 1 for side in sides)
    room = np.array([width, height]) - (high - low)
    shift = random.uniform(0, 1, 2) * room - low  # the strip's centre
    cover = render(layers.max(0), matrix, shift, (height, width))
    ground, ink = colours(random)
    picture = texture(ground, (height, width), random)
    paint = texture(ink, (height, width), random)
    picture = picture + cover[..., None] * (paint - picture)
    picture += random.normal(0, 4, picture.shape)
    corners += shift
    low, high = np.floor(corners.min(1)), np.ceil(corners.max(1))
    boxes = np.concatenate([low, high - low], axis=1)
    return picture.round().clip(0, 255).astype(np.uint8), boxes


def lay_out(digits: np.ndarray) -> np.ndarray:
    """Return each digit at its place in the strip, ``(L, 28, strip)``."""
    strip = DIGIT_SIDE + SPACING * (len(digits) - 1)
    layers = np.zeros((len(digits), DIGIT_SIDE, strip), np.uint8)
    for index, digit in enumerate(digits):
        layers[index, :, index * SPACING :][:, :DIGIT_SIDE] = digit
    return layers


def ink_corners(layer: np.ndarray) -> np.ndarray:
    """Return the corners of the ink, ``(4, 2)``, from the layer's centre."""
    rows, columns = np.nonzero(layer > 64)
    left, right = columns.min(), columns.max() + 1
    top, bottom = rows.min(), rows.max() + 1
    corners = [[left, top], [right, top], [left, bottom], [right, bottom]]
    return np.array(corners) - np.array(layer.shape[::-1]) / 2


def pose(random: np.random.Generator) -> np.ndarray:
    """Return the matrix ``(2, 2)`` from the strip's pixels to the picture's.

    It slants, then turns by up to 35 degrees and scales.
    """
    angle = radians(random.uniform(-35, 35))
    turn = [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]
    slant = [[1, random.uniform(-0.4, 0.4)], [0, 1]]
    return random.uniform(0.8, 1.6) * np.array(turn) @ np.array(slant)


def render(
    strip: np.ndarray, matrix: np.ndarray, shift: np.ndarray, size: tuple
) -> np.ndarray:
    """Return where the ink is in the picture, ``(H, W)`` from 0 to 1.

    Args:
        strip: uint8 ``(28, strip)``.
        matrix: From the strip's pixels to the picture's, ``(2, 2)``.
        shift: Where the strip's centre comes, in pixels of the picture.
        size: Height and width of the picture.
    """
    half = np.array(size[::-1]) / 2
    back = np.linalg.inv(matrix) / (np.array(strip.shape[::-1]) / 2)[:, None]
    theta = np.column_stack([back * half, back @ (half - shift)])
    grid = affine_grid(torch.from_numpy(theta)[None].float(), size)
    source = torch.from_numpy(strip)[None, None].float() / 255
    return sample(source, grid)[0, 0].numpy()


def colours(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a colour for the ground and a lighter one for the digits."""
    while True:
        ground, ink = random.uniform(0, 255, (2, 3))
        if ink.mean() - ground.mean() > 60:
            return ground, ink


def texture(
    colour: np.ndarray, size: tuple, random: np.random.Generator
) -> np.ndarray:
    """Return a surface around a colour, ``(H, W, 3)``, coarse to fine."""
    surface = np.broadcast_to(colour, (*size, 3)).astype(np.float32)
    for cells in (2, 5, 12):
        noise = random.normal(0, 12, (cells, cells, 3)).astype(np.float32)
        surface = surface + cv2.resize(
            noise, size[::-1], interpolation=cv2.INTER_CUBIC
        )
    return surface

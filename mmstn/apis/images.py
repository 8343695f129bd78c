"""Read images: files, arrays, and images of Pillow."""

from pathlib import Path

import cv2
import numpy as np
from mmcv import imread
from PIL import Image, ImageOps


def load(image: str | Path | np.ndarray | Image.Image) -> dict:
    """Return the fields of ``LoadImageFromFile``; the path may be None."""
    pixels = read(image)
    size = pixels.shape[:2]
    path = str(image) if isinstance(image, str | Path) else None
    return dict(img=pixels, img_path=path, img_shape=size, ori_shape=size)


def to_rgb(results: dict) -> dict:
    """Return the fields with ``img`` in RGB; a grey one is as it was."""
    if results['img'].ndim == 3:
        results['img'] = np.ascontiguousarray(results['img'][..., ::-1])
    return results


def read(image: str | Path | np.ndarray | Image.Image) -> np.ndarray:
    """Return an image upright in BGR, ``(H, W, 3)`` in uint8.

    An array is returned as it is.

    Raises:
        ValueError: If a file is damaged.
    """
    if isinstance(image, Image.Image):
        return bgr(image)
    try:
        pixels = imread(image)
    except cv2.error:  # of an empty file
        pixels = None
    if pixels is None:
        raise ValueError(f'STNInferencer: {image} is damaged, or no image')
    return pixels


def bgr(image: Image.Image) -> np.ndarray:
    """Return the pixels of an image of Pillow as OpenCV reads its file."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith('I'):  # of 16 bits, which `convert` would clip
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return np.ascontiguousarray(np.asarray(image.convert('RGB'))[..., ::-1])

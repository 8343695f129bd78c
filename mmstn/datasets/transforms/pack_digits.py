"""From any picture of a digit to what a digit net takes."""

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmpretrain.structures import DataSample

from mmstn.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackDigits(BaseTransform):
    """Make an image grey, put it on a square canvas and pack it.

    An image that fits stands unchanged in the middle of the black canvas,
    since a digit keeps its size in pixels there; a larger one is shrunk to
    fit. Digits should be light on dark, as in MNIST.

    Required keys: ``img``, uint8 ``(H, W)``, ``(H, W, 1)``, or
    ``(H, W, 3)`` in OpenCV's order. Optional: ``gt_label`` and the keys of
    ``META``. Added: ``inputs``, uint8 ``(1, canvas, canvas)``, and
    ``data_samples``, in which an ``img_shape`` becomes that of the canvas.
    All others are dropped.

    Args:
        canvas: Side of the canvas in pixels.
    """

    META = ('sample_idx', 'img_path', 'ori_shape', 'img_shape')

    def __init__(self, canvas: int):
        self.canvas = canvas

    def transform(self, results: dict) -> dict:
        image = self.fit(self.grey(results['img']))
        meta = {key: results[key] for key in self.META if key in results}
        if 'img_shape' in meta:
            meta['img_shape'] = image.shape
        data_sample = DataSample(metainfo=meta)
        if 'gt_label' in results:
            data_sample.set_gt_label(results['gt_label'])
        inputs = torch.from_numpy(np.ascontiguousarray(image)).unsqueeze(0)
        return dict(inputs=inputs, data_samples=data_sample)

    def grey(self, image: np.ndarray) -> np.ndarray:
        """Return the image as uint8 ``(H, W)``."""
        channels = image.shape[2] if image.ndim == 3 else image.ndim - 1
        if image.dtype != np.uint8 or channels not in (1, 3):
            raise ValueError(
                'PackDigits: img must be uint8 and (H, W), (H, W, 1) or '
                f'(H, W, 3), but got {image.dtype} {image.shape}'
            )
        if image.ndim == 2:
            return image
        if channels == 1:
            return image[..., 0]
        return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)

    def fit(self, image: np.ndarray) -> np.ndarray:
        """Return the image on the canvas, ``(canvas, canvas)``."""
        size, top, left = self.place(image.shape)
        if image.shape != size:
            image = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
        height, width = size
        if height == width == self.canvas:
            return image
        canvas = np.zeros((self.canvas, self.canvas), np.uint8)
        canvas[top : top + height, left : left + width] = image
        return canvas

    def place(self, size: tuple[int, int]) -> tuple[tuple[int, int], int, int]:
        """Return the size, top and left on the canvas of an image."""
        larger = max(1, max(size) / self.canvas)
        height, width = (max(1, round(cells / larger)) for cells in size)
        top = (self.canvas - height) // 2
        left = (self.canvas - width) // 2
        return (height, width), top, left

    def __repr__(self) -> str:
        return f'PackDigits(canvas={self.canvas})'

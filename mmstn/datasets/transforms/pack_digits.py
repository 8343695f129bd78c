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
    fit. Digits should be light on dark, as in MNIST. The two channels of a
    pair of digits stay apart; a volume is packed as it is.

    Required keys: ``img``, uint8 ``(H, W)``, ``(H, W, C)`` of one or two
    channels or of three in OpenCV's order, or ``(D, H, W, 1)``. Optional:
    ``gt_label`` and the keys of ``META``. Added: ``inputs``, uint8
    ``(1 or 2, canvas, canvas)`` or ``(1, canvas, canvas, canvas)``, and
    ``data_samples``, in which an ``img_shape`` becomes that of the canvas.
    All others are dropped.

    Args:
        canvas: Side of the canvas in pixels, of volumes in voxels.
    """

    META = ('sample_idx', 'img_path', 'ori_shape', 'img_shape')

    def __init__(self, canvas: int):
        self.canvas = canvas

    def transform(self, results: dict) -> dict:
        image = self.grey(results['img'])
        image = self.fit(image) if image.ndim == 3 else self.whole(image)
        meta = {key: results[key] for key in self.META if key in results}
        if 'img_shape' in meta:
            meta['img_shape'] = image.shape[:-1]
        data_sample = DataSample(metainfo=meta)
        if 'gt_label' in results:
            data_sample.set_gt_label(results['gt_label'])
        inputs = torch.from_numpy(np.moveaxis(image, -1, 0).copy())
        return dict(inputs=inputs, data_samples=data_sample)

    def grey(self, image: np.ndarray) -> np.ndarray:
        """Return the image as uint8 ``(*size, C)``, without colour."""
        if image.ndim == 2:
            image = image[..., None]
        channels = {3: (1, 2, 3), 4: (1,)}.get(image.ndim, ())
        if image.dtype != np.uint8 or image.shape[-1] not in channels:
            raise ValueError(
                'PackDigits: img must be uint8 and (H, W), (H, W, C) of one '
                'to three channels, or (D, H, W, 1), but got '
                f'{image.dtype} {image.shape}'
            )
        if image.shape[-1] == 3:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]
        return image

    def fit(self, image: np.ndarray) -> np.ndarray:
        """Return the image on the canvas, ``(canvas, canvas, C)``."""
        size, top, left = self.place(image.shape[:2])
        height, width = size
        if image.shape[:2] != size:
            image = cv2.resize(
                image, (width, height), interpolation=cv2.INTER_AREA
            ).reshape(height, width, -1)  # OpenCV drops a single channel
        canvas = np.zeros((self.canvas, self.canvas, image.shape[2]), np.uint8)
        canvas[top : top + height, left : left + width] = image
        return canvas

    def place(self, size: tuple[int, int]) -> tuple[tuple[int, int], int, int]:
        """Return the size, top and left on the canvas of an image."""
        larger = max(1, max(size) / self.canvas)
        height, width = (max(1, round(cells / larger)) for cells in size)
        top = (self.canvas - height) // 2
        left = (self.canvas - width) // 2
        return (height, width), top, left

    def whole(self, volume: np.ndarray) -> np.ndarray:
        """Return the volume, if it fills the canvas."""
        if volume.shape[:3] != (self.canvas,) * 3:
            raise ValueError(
                f'PackDigits: a volume must have {self.canvas} voxels along '
                f'each axis, as canvas says, but got {volume.shape[:3]}'
            )
        return volume

    def __repr__(self) -> str:
        return f'PackDigits(canvas={self.canvas})'

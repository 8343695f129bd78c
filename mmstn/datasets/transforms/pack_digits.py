"""Pack any picture of a digit as the input of a digit net."""

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmpretrain.structures import DataSample

from mmstn.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackDigits(BaseTransform):
    """Make an image grey, centre it on a square canvas and pack it.

    Without a canvas an image keeps its size, as it must in training, where
    the data set renders digits on one. With a canvas, pictures of any size
    become what the network takes: one that fits stands unchanged in the
    middle of black, since a digit keeps its size in pixels there; a larger
    one is shrunk to fit. Digits should be light on dark, as in MNIST. The two
    channels of a pair of digits and the four of a card and its frame stay
    apart; a volume is packed as it is.

    Required keys: ``img``, uint8 ``(H, W)``, ``(H, W, C)`` of one, two or four
    channels or of three in OpenCV's order, or ``(D, H, W, 1)``. Optional: the
    keys of ``META`` and all that start with ``gt_``, the targets. Added:
    ``inputs``, uint8 ``(1, 2 or 4, H, W)`` or ``(1, D, H, W)``, and
    ``data_samples``, in which an ``img_shape`` becomes the size of ``inputs``.
    All others are dropped.

    Args:
        canvas: Side of the canvas in pixels, which of volumes is only
            checked; None keeps every image's size.
    """

    META = ('sample_idx', 'img_path', 'ori_shape', 'img_shape')

    def __init__(self, canvas: int | None = None):
        if canvas is not None and (type(canvas) is not int or canvas < 1):
            raise ValueError(
                'PackDigits: canvas must be an integer from 1, or None for '
                f'images that keep their size, but got {canvas!r}'
            )
        self.canvas = canvas

    def transform(self, results: dict) -> dict:
        image = self.grey(results['img'])
        if image.ndim == 3:
            image = self.fit(image)
        else:
            self.check_volume(image.shape[:3])
        meta = {key: results[key] for key in self.META if key in results}
        if 'img_shape' in meta:
            meta['img_shape'] = image.shape[:-1]
        data_sample = DataSample(metainfo=meta)
        for key, value in results.items():
            if key == 'gt_label':
                data_sample.set_gt_label(value)
            elif key.startswith('gt_'):
                data_sample.set_field(torch.as_tensor(value), key)
        inputs = torch.from_numpy(np.moveaxis(image, -1, 0).copy())
        return dict(inputs=inputs, data_samples=data_sample)

    def grey(self, image: np.ndarray) -> np.ndarray:
        """Return the image as uint8 ``(*size, C)``, without colour."""
        if image.ndim == 2:
            image = image[..., None]
        channels = {3: (1, 2, 3, 4), 4: (1,)}.get(image.ndim, ())
        if image.dtype != np.uint8 or image.shape[-1] not in channels:
            raise ValueError(
                'PackDigits: img must be uint8 and (H, W), (H, W, C) of one '
                'to four channels, or (D, H, W, 1), but got '
                f'{image.dtype} {image.shape}'
            )
        if image.shape[-1] == 3:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]
        return image

    def fit(self, image: np.ndarray) -> np.ndarray:
        """Return the image on the canvas, ``(*canvas_size, C)``."""
        size, top, left = self.placement(image.shape[:2])
        height, width = size
        if image.shape[:2] != size:
            image = cv2.resize(
                image, (width, height), interpolation=cv2.INTER_AREA
            ).reshape(height, width, -1)  # OpenCV drops a single channel
        canvas_size = self.canvas_size(size)
        canvas = np.zeros((*canvas_size, image.shape[2]), np.uint8)
        canvas[top : top + height, left : left + width] = image
        return canvas

    def canvas_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the canvas for an image of ``size``."""
        return size if self.canvas is None else (self.canvas,) * 2

    def placement(
        self, size: tuple[int, int]
    ) -> tuple[tuple[int, int], int, int]:
        """Return the size, top and left of an image on its canvas."""
        canvas_height, canvas_width = self.canvas_size(size)
        larger = max(1, size[0] / canvas_height, size[1] / canvas_width)
        height, width = (max(1, round(cells / larger)) for cells in size)
        top = (canvas_height - height) // 2
        left = (canvas_width - width) // 2
        return (height, width), top, left

    def check_volume(self, size: tuple[int, int, int]) -> None:
        """Raise a ValueError unless the volume fills the canvas, if any."""
        if self.canvas is not None and size != (self.canvas,) * 3:
            raise ValueError(
                f'PackDigits: a volume must have {self.canvas} voxels along '
                f'each axis, as canvas says, but got {size}'
            )

    def __repr__(self) -> str:
        return f'PackDigits(canvas={self.canvas})'

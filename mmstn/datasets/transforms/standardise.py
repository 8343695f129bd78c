"""Give every image the same brightness and contrast."""

import numpy as np
from mmcv.transforms import BaseTransform

from mmstn.registry import TRANSFORMS


@TRANSFORMS.register_module()
class Standardise(BaseTransform):
    """Give every image the same brightness and contrast.

    The values of an image, of all channels together, get a mean of 128 and a
    standard deviation of 50, as far as they stay within 0 to 255. An image of
    one value becomes grey.

    Required keys: ``img``, uint8 ``(H, W[, C])``. Modified: ``img``.
    """

    def transform(self, results: dict) -> dict:
        image = results['img'].astype(np.float32)
        deviation = max(float(image.std()), 1e-3)
        image = 128 + (image - image.mean()) * (50 / deviation)
        results['img'] = image.round().clip(0, 255).astype(np.uint8)
        return results

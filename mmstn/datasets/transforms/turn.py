"""Turn an image about its middle by a random angle."""

import cv2
from mmcv.transforms import BaseTransform

from mmstn.checks import is_finite_number
from mmstn.datasets.transforms.noise import check_seed, noise_of
from mmstn.registry import TRANSFORMS


@TRANSFORMS.register_module()
class Turn(BaseTransform):
    """Turn an image about its middle by an angle that is evenly distributed.

    It keeps its size, and goes on at its border.

    Required keys: ``img``, uint8 ``(H, W[, C])``; with a seed ``sample_idx``.
    Modified: ``img``.

    Args:
        max_angle: In degrees, to either side.
        seed: An integer from 0; the angle of each image then depends on it
            and on ``sample_idx`` alone. By default it is fresh each time, by
            NumPy's global generator as for the transforms of MMPretrain.
    """

    def __init__(self, max_angle: float, seed: int | None = None):
        if not is_finite_number(max_angle) or not 0 <= max_angle <= 180:
            raise ValueError(
                'Turn: max_angle must be a number of degrees, from 0 to 180, '
                f'but got {max_angle!r}'
            )
        check_seed('Turn', seed)
        self.max_angle = max_angle
        self.seed = seed

    def transform(self, results: dict) -> dict:
        image = results['img']
        height, width = image.shape[:2]
        noise = noise_of(results, self.seed)
        matrix = cv2.getRotationMatrix2D(
            ((width - 1) / 2, (height - 1) / 2),
            noise.uniform(-self.max_angle, self.max_angle),
            1,
        )
        results['img'] = cv2.warpAffine(
            image,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return results

    def __repr__(self) -> str:
        return f'Turn(max_angle={self.max_angle}, seed={self.seed})'

"""Read an image through a window whose corners moved at random."""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmstn.checks import is_finite_number, is_size
from mmstn.datasets.transforms.noise import check_seed, noise_of
from mmstn.registry import TRANSFORMS


@TRANSFORMS.register_module()
class CornerNoise(BaseTransform):
    """Read an image through a window whose corners moved at random.

    The window is in the middle of the image. Each corner moves by normal
    numbers along each axis, and all together by as much again; where that
    leaves no convex outline, by half. The image goes on at its border.

    Source: Lin and Lucey 2017: signs of 50x50 pixels, a window of 36x36, a
    deviation of .25, in training and in test.

    Required keys: ``img``, uint8 ``(H, W[, C])``; with a seed ``sample_idx``.
    Modified: ``img``, ``img_shape``.

    Args:
        size: ``(H, W)`` of the window, and of the output.
        deviation: Of each of both moves; 1 is half the way between the
            centres of the window's outermost pixels.
        seed: An integer from 0; the noise of each image then depends on it
            and on ``sample_idx`` alone. By default it is fresh each time, by
            NumPy's global generator as for the transforms of MMPretrain.
    """

    def __init__(
        self,
        size: tuple[int, int],
        deviation: float = 0.25,
        seed: int | None = None,
    ):
        if not is_size(size) or len(size) != 2:
            raise ValueError(
                'CornerNoise: size must be (H, W) in whole positive numbers, '
                f'but got {size!r}'
            )
        if not is_finite_number(deviation) or deviation < 0:
            raise ValueError(
                'CornerNoise: deviation must be a number from 0, but got '
                f'{deviation!r}'
            )
        check_seed('CornerNoise', seed)
        self.size = tuple(size)
        self.deviation = deviation
        self.seed = seed

    def transform(self, results: dict) -> dict:
        image = results['img']
        height, width = self.size
        if image.shape[0] < height or image.shape[1] < width:
            raise ValueError(
                f'CornerNoise: the window of size {self.size} must lie in '
                f'the image, but that has {image.shape[:2]}; resize it before'
            )
        draws = noise_of(results, self.seed).standard_normal((5, 2))
        matrix = cv2.getPerspectiveTransform(
            self.corners(self.size).astype(np.float32),
            self.read(draws, image.shape[:2]).astype(np.float32),
        )
        results['img'] = cv2.warpPerspective(
            image,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        results['img_shape'] = self.size
        return results

    def read(self, draws: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Return where the corners read an image of ``size``, (4, 2).

        Args:
            draws: Standard normal, ``(5, 2)``, the last for all corners.
            size: ``(H, W)``.
        """
        corners = self.corners(self.size)
        unit = (corners[2] - corners[0]) / 2
        moves = (draws[:4] + draws[4]) * unit * self.deviation
        if not is_convex(corners + moves):
            moves = moves / 2
        middle = self.corners(size).mean(0) - corners.mean(0)
        return corners + moves + middle

    @staticmethod
    def corners(size: tuple[int, int]) -> np.ndarray:
        """Return the centres of the corner pixels, clockwise, ``(4, 2)``."""
        right, bottom = size[1] - 1, size[0] - 1
        corners = [(0, 0), (right, 0), (right, bottom), (0, bottom)]
        return np.array(corners, np.float64)

    def __repr__(self) -> str:
        return (
            f'CornerNoise(size={self.size}, deviation={self.deviation}, '
            f'seed={self.seed})'
        )


def is_convex(corners: np.ndarray) -> bool:
    """Return whether ``corners (4, 2)`` go clockwise around a convex area."""
    edges = np.roll(corners, -1, 0) - corners
    after = np.roll(edges, -1, 0)
    turns = edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0]
    return bool((turns > 0).all())

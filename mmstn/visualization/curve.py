"""Draw a series as curves.

A series is RGB, ``(L, 3)`` in uint8; its points are ``(x,)``, in cells.
"""

import cv2
import numpy as np

from mmstn.visualization.draw import SHIFT, fixed

HEIGHT = 1 / 2  # of the width


def draw_curves(series: np.ndarray, width: float) -> np.ndarray:
    """Return a picture of a series, RGB, its brightest values on top.

    Each channel is a curve in its colour on black, three equal ones are one
    in white. A value stands above the middle of its cell.
    """
    width, height = round(width), round(width * HEIGHT)
    cells = len(series)
    across = (np.arange(cells) + 0.5) * (width / cells) - 0.5
    planes = []
    for values in series.T:
        down = (height - 1) * (1 - values / 255)
        line = fixed(np.stack([across, down], axis=1))
        plane = np.zeros((height, width), np.uint8)
        cv2.polylines(plane, [line], False, 255, 1, cv2.LINE_AA, SHIFT)
        planes.append(plane)
    return np.stack(planes, axis=-1)


def interval_border(ends: np.ndarray) -> np.ndarray:
    """Return the borders of intervals of a series that is one pixel high.

    Args:
        ends: ``(B, 2, 1)``, in cells.

    Returns:
        ``(B, 5, 2)``, from the upper corner at the first end around.
    """
    first, last = ends[:, 0, 0], ends[:, 1, 0]
    across = np.stack([first, last, last, first, first], axis=1)
    down = np.broadcast_to([-0.5, -0.5, 0.5, 0.5, -0.5], across.shape)
    return np.stack([across, down], axis=-1)

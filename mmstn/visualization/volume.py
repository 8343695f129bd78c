"""Project a volume along its three axes.

A volume is RGB, ``(D, H, W, 3)`` in uint8; its points are ``(x, y, z)``.
"""

import numpy as np

from mmstn.visualization.sheet import GAP, LINE, blank, write

# Which axes of a point run across and down. The second view shares y with
# the first, beside which it stands, and the third shares x, below it.
VIEWS = ((0, 1), (2, 1), (0, 2))


def project(volume: np.ndarray) -> list[np.ndarray]:
    """Return the largest values along z, along x and along y, as pictures."""
    return [
        volume.max(axis=0),  # (H, W, 3)
        volume.max(axis=2).swapaxes(0, 1),  # (H, D, 3)
        volume.max(axis=1),  # (D, W, 3)
    ]


def arrange(pictures: list[np.ndarray]) -> np.ndarray:
    """Return pictures of the three views as one, their axes named."""
    front, side, below = (
        np.concatenate([caption(axes, picture.shape[1]), picture])
        for axes, picture in zip(VIEWS, pictures, strict=True)
    )
    width = front.shape[1] + GAP // 2 + side.shape[1]
    height = front.shape[0] + below.shape[0]
    whole = blank(height, width)
    whole[: front.shape[0], : front.shape[1]] = front
    whole[: side.shape[0], -side.shape[1] :] = side
    whole[-below.shape[0] :, : below.shape[1]] = below
    return whole


def caption(axes: tuple[int, int], width: int) -> np.ndarray:
    """Return the line above a view: its axes across and down."""
    across, down = ('xyz'[axis] for axis in axes)
    band = blank(LINE, width)
    write(band, f'{across}, {down} down', (0, 0), width)
    return band

"""Write animations."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mmstn.files import write_whole
from mmstn.visualization.draw import COLOURS, GROUND, HALO
from mmstn.visualization.sheet import PAPER

MILLISECONDS = 400  # a frame
AT_LAST = 2000  # the last one


def write_gif(path: Path, frames: Sequence[np.ndarray]) -> None:
    """Write RGB pictures of one size, ``(H, W, 3)`` in uint8, as a GIF.

    All share one palette, without dithering: what does not move does not
    change, and costs nothing. See :func:`mmstn.files.write_whole`.
    """
    fixed = [*COLOURS, GROUND, HALO, PAPER]
    pictures = [Image.fromarray(frame) for frame in frames]
    free = 256 - len(fixed)
    palette = pictures[0].quantize(free).getpalette()[: 3 * free]
    common = Image.new('P', (1, 1))
    common.putpalette([*palette, *np.ravel(fixed).tolist()])
    first, *rest = (
        picture.quantize(palette=common, dither=Image.Dither.NONE)
        for picture in pictures
    )
    content = io.BytesIO()
    first.save(
        content,
        'GIF',
        save_all=True,
        append_images=rest,
        duration=[MILLISECONDS] * len(rest) + [AT_LAST],
        loop=0,
    )
    write_whole(path, content.getvalue())

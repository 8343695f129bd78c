"""Draw a window that moves from frame to frame, or stage to stage."""

from collections.abc import Sequence

import numpy as np

from mmstn.visualization import draw
from mmstn.visualization.sheet import Row, sheet

WINDOW, BOX = draw.colour_of(0), draw.colour_of(1)


def film(
    clips: Sequence[np.ndarray],
    windows: Sequence[np.ndarray],
    boxes: Sequence[np.ndarray],
) -> list[np.ndarray]:
    """Return a picture for each frame, RGB, a column for each sequence.

    Args:
        clips: Grey, ``(T, H, W)`` in uint8, all of one length.
        windows: Corners ``(T, 4, 2)`` in pixels, drawn boldly.
        boxes: The corners of what is followed, alike, drawn thinly.
    """
    triples = list(zip(clips, windows, boxes, strict=True))
    return [
        sheet(
            [
                Row(
                    f'frame {time + 1}',
                    [at(time, *three) for three in triples],
                )
            ],
            [[] for _ in triples],
        )
        for time in range(len(clips[0]))
    ]


def strips(
    clips: Sequence[np.ndarray],
    windows: Sequence[np.ndarray],
    boxes: Sequence[np.ndarray],
    times: Sequence[int],
) -> np.ndarray:
    """Return chosen frames in one picture, RGB, a row for each sequence.

    Args: Of :func:`film`, and

        times: Which frames, from 0.
    """
    heads = [f'frame {time + 1}' for time in times]
    return in_rows('sequence', clips, windows, boxes, times, heads)


def stages(
    pictures: Sequence[np.ndarray],
    windows: Sequence[np.ndarray],
    boxes: Sequence[np.ndarray],
    heads: Sequence[str],
) -> np.ndarray:
    """Return pictures stage by stage, a row for each sample.

    Args:
        pictures: Grey, ``(S, H, W)`` in uint8, of S stages.
        windows: Corners ``(S, 4, 2)`` in pixels, drawn boldly.
        boxes: Where they belong, ``(4, 2)``, drawn thinly.
        heads: Above the column of each stage.
    """
    count = len(heads)
    boxes = [[box] * count for box in boxes]
    return in_rows('sample', pictures, windows, boxes, range(count), heads)


def in_rows(
    name: str,
    clips: Sequence[np.ndarray],
    windows: Sequence[np.ndarray],
    boxes: Sequence[Sequence[np.ndarray]],
    times: Sequence[int],
    heads: Sequence[str],
) -> np.ndarray:
    """Return a row for each clip, numbered, and a column for each time."""
    triples = zip(clips, windows, boxes, strict=True)
    rows = [
        Row(f'{name} {number}', [at(time, *three) for time in times])
        for number, three in enumerate(triples, 1)
    ]
    return sheet(rows, [[head] for head in heads])


def at(
    time: int,
    clip: np.ndarray,
    window: Sequence[np.ndarray],
    box: Sequence[np.ndarray],
) -> np.ndarray:
    """Return one frame on its ground, with the window and the box."""
    tile = draw.enlarge(clip[time][..., None].repeat(3, axis=2))
    return draw.with_outlines(
        tile,
        clip[time].shape,
        [([closed(window[time])], None, WINDOW)],
        [([closed(box[time])], BOX)],
    )


def closed(corners: np.ndarray) -> np.ndarray:
    """Return a line around corners ``(4, 2)`` that ends where it starts."""
    return np.concatenate([corners, corners[:1]])

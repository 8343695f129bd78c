"""Draw results of an inferencer as a contact sheet."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmstn.visualization import draw
from mmstn.visualization.curve import draw_curves
from mmstn.visualization.sheet import Row, sheet

LONGEST = 240  # side of an image or a crop on the sheet


def image_sheet(
    images: Sequence[np.ndarray],
    results: Sequence[dict],
    heading: str = 'image',
    with_crops: bool = True,
) -> np.ndarray:
    """Return a contact sheet in RGB, one column per image.

    Above the image itself, whole, with the outline of each transformer that
    has one; below the output of each, framed in the colour of its outline.

    Args:
        images: RGB, ``(H, W, 3)`` in uint8.
        results: Those of a ``STNInferencer`` for them.
        heading: Above the images.
        with_crops: Whether to show the outputs.
    """
    rows = [Row(heading, list(map(outlined, images, results)))]
    num_regions = len(results[0]['regions']) if with_crops else 0
    for index in range(num_regions):
        regions = [result['regions'][index] for result in results]
        colour = draw.colour_of(index)
        pictures = [framed(region, colour) for region in regions]
        rows.append(Row(regions[0]['transformer'], pictures, colour))
    return sheet(rows, list(map(caption, results)))


def outlined(image: np.ndarray, result: dict) -> np.ndarray:
    """Return an image on its ground, with the outlines of its regions."""
    drawings = [
        ([line], None, colour)
        for line, colour in outlines_of(result['regions'])
    ]
    tile = draw.enlarge(image, LONGEST)
    return draw.with_outlines(tile, image.shape[:2], drawings)


def outlines_of(regions: Sequence[dict]) -> list[tuple[np.ndarray, tuple]]:
    """Return the outline of each region that has one, closed, in its colour.

    Args:
        regions: Those of one result.
    """
    return [
        (np.concatenate([outline, outline[:1]]), draw.colour_of(index))
        for index, region in enumerate(regions)
        if (outline := region['outline']) is not None
    ]


def framed(region: dict, colour: tuple[int, int, int]) -> np.ndarray:
    """Return the output of a transformer in a frame."""
    tile = draw.enlarge(as_picture(region['crop']), LONGEST)
    return draw.surround(tile, draw.FRAME, colour)


def as_picture(crop: np.ndarray) -> np.ndarray:
    """Return an output as it is, or of a series ``(L, 3)`` its curves."""
    return draw_curves(crop, LONGEST) if crop.ndim == 2 else crop


def caption(result: dict) -> list[str]:
    """Return the lines above an image: its name, and its class."""
    name = result.get('pred_class', result['pred_label'])
    lines = [f'{name} ({result["pred_score"]:.0%})']
    return [Path(result['path']).name, *lines] if result['path'] else lines

"""Results of an inferencer as a picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from mmstn.hooks.attention_sheet import FRAME, with_outlines
from mmstn.visualization import draw
from mmstn.visualization.sheet import Row, sheet

LONGEST = 240  # side of an image or a crop on the sheet


def image_sheet(
    images: Sequence[np.ndarray],
    results: Sequence[dict],
    heading: str = 'image',
    with_crops: bool = True,
) -> np.ndarray:
    """Return one RGB picture: a column an image.

    Above the image itself, whole, with the outline of each transformer that
    has one; below what each hands on, framed in the colour of its outline.

    Args:
        images: RGB, ``(H, W, 3)`` in uint8.
        results: What a ``STNInferencer`` returned for them.
        heading: Above the images.
        with_crops: Whether to show what the transformers hand on.
    """
    rows = [Row(heading, list(map(outlined, images, results)))]
    number = len(results[0]['regions']) if with_crops else 0
    for index in range(number):
        regions = [result['regions'][index] for result in results]
        colour = draw.colour_of(index)
        pictures = [framed(region, colour) for region in regions]
        rows.append(Row(regions[0]['transformer'], pictures, colour))
    return sheet(rows, list(map(caption, results)))


def outlined(image: np.ndarray, result: dict) -> np.ndarray:
    """Return an image on its ground, with the outlines of its regions."""
    drawings = []
    for index, region in enumerate(result['regions']):
        if region['outline'] is not None:
            line = torch.from_numpy(region['outline'])
            line = torch.cat([line, line[:1]])  # closed
            drawings.append((line[None, None], None, draw.colour_of(index)))
    tile = draw.enlarge(image, LONGEST)
    return with_outlines(tile, image.shape[:2], (0, 1), 0, drawings)


def framed(region: dict, colour: tuple[int, int, int]) -> np.ndarray:
    """Return what a transformer hands on in a frame."""
    tile = draw.enlarge(region['crop'], LONGEST)
    return draw.surround(tile, FRAME, colour)


def caption(result: dict) -> list[str]:
    """Return the lines above an image: its name, and its class."""
    name = result.get('pred_class', result['pred_label'])
    lines = [f'{name} ({result["pred_score"]:.0%})']
    return [Path(result['path']).name, *lines] if result['path'] else lines

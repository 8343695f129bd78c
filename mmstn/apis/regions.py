"""What transformers read in images, as data."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor

from mmstn.datasets.pixel_map import PixelMap
from mmstn.hooks.glimpse import PER_SIDE, Glimpse, Record, Source
from mmstn.models.transformer import TPSGrid


def find_regions(
    record: Record,
    maps: Sequence[PixelMap],
    show: Callable[[Tensor, Source], np.ndarray],
) -> list[list[dict]]:
    """Return for each sample the region of each transformer.

    Args:
        record: What the transformers did.
        maps: For each sample from its image to the network's input.
        show: From what the network holds to RGB, such as a ``Display``.

    Returns:
        Dicts with ``transformer``, ``theta``, ``outline`` and ``crop``, as
        :class:`mmstn.apis.STNInferencer` describes them.
    """
    outlines = [
        border(glimpse) if glimpse.reaches_input else None
        for glimpse in record.glimpses
    ]
    return [
        [
            dict(
                transformer=glimpse.name,
                theta=glimpse.theta[sample].cpu().numpy(),
                outline=None
                if outline is None
                else place.to_image(outline[sample]).numpy(),
                crop=crop(glimpse, sample, show),
            )
            for glimpse, outline in zip(record.glimpses, outlines, strict=True)
        ]
        for sample, place in enumerate(maps)
    ]


def border(glimpse: Glimpse) -> Tensor:
    """Return the border of what is read in pixels of the network's input.

    Four corners where lines stay straight, else more: float64 ``(B, K, 2)``.
    """
    points = glimpse.outline(on_input=True).double().cpu()
    chain = (glimpse, *glimpse.source.path)
    if any(isinstance(link.grid, TPSGrid) for link in chain):
        return points
    return points[:, ::PER_SIDE]


def crop(
    glimpse: Glimpse,
    sample: int,
    show: Callable[[Tensor, Source], np.ndarray],
) -> np.ndarray:
    """Return what was handed on of one sample, whatever was beside it."""
    alone = slice(sample, sample + 1)
    source = replace(glimpse.source, values=glimpse.source.values[alone])
    return show(glimpse.output[alone], source)[0]


def as_json(result: dict) -> dict:
    """Return a result of ``STNInferencer`` in values that JSON knows.

    ``path``, ``width``, ``height``, ``pred_label``, ``pred_score``,
    ``pred_class`` where classes have names, and ``regions``, a list of
    ``transformer``, ``theta`` and ``outline``. JSON has no NaN: a number that
    is not finite is null, and so is an outline with such a point.
    """
    known = ('path', 'width', 'height', 'pred_label', 'pred_class')
    return {key: result[key] for key in known if key in result} | dict(
        pred_score=number(result['pred_score']),
        regions=[
            dict(
                transformer=region['transformer'],
                theta=[number(value) for value in region['theta'].tolist()],
                outline=points(region['outline']),
            )
            for region in result['regions']
        ],
    )


def number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def points(outline: np.ndarray | None) -> list[list[float]] | None:
    if outline is None or not np.isfinite(outline).all():
        return None
    return outline.tolist()

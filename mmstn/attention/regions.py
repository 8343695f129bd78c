"""The regions that transformers read, in pixels of images."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor

from mmstn.attention.glimpse import PER_SIDE, Glimpse, Source
from mmstn.attention.record import Record


def find_regions(
    record: Record,
    to_images: Sequence[Callable[[Tensor], Tensor]],
    show: Callable[[Tensor, Source], np.ndarray],
) -> list[list[dict]]:
    """Return for each sample the region of each transformer.

    Args:
        record: Of the transformers.
        to_images: For each sample a map from pixels of the network's input
            to those of its image.
        show: From values of a source to RGB, such as a ``Denormaliser``.

    Returns:
        Dicts with ``transformer``, ``theta``, ``outline`` and ``crop``, as
        :class:`mmstn.apis.STNInferencer` describes them.

    Raises:
        ValueError: If a transformer read another number of sources.
    """
    record.check_samples()
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
                else to_image(outline[sample]).numpy(),
                crop=crop(glimpse, sample, show),
            )
            for glimpse, outline in zip(record.glimpses, outlines, strict=True)
        ]
        for sample, to_image in enumerate(to_images)
    ]


def border(glimpse: Glimpse) -> Tensor:
    """Return the border of the region in pixels of the network's input.

    Four corners where lines stay straight, else more: float64 ``(B, K, 2)``.
    """
    points = glimpse.outline(on_input=True).double().cpu()
    return points[:, ::PER_SIDE] if glimpse.is_straight else points


def crop(
    glimpse: Glimpse,
    sample: int,
    show: Callable[[Tensor, Source], np.ndarray],
) -> np.ndarray:
    """Return the output of one sample, whatever else is in the batch."""
    alone = slice(sample, sample + 1)
    source = replace(glimpse.source, values=glimpse.source.values[alone])
    return show(glimpse.output[alone], source)[0]

"""Convert results of an inferencer to values of JSON."""

import math

import numpy as np


def as_json(result: dict) -> dict:
    """Convert a result of ``STNInferencer`` to values of JSON.

    ``path``, ``width``, ``height``, ``pred_label``, ``pred_score``,
    ``pred_class`` where classes have names, and ``regions``, a list of
    ``transformer``, ``theta`` and ``outline``. JSON has no NaN: a number that
    is not finite is null, and so is an outline with such a point.
    """
    known = ('path', 'width', 'height', 'pred_label', 'pred_class')
    return {key: result[key] for key in known if key in result} | dict(
        pred_score=finite_or_none(result['pred_score']),
        regions=[
            dict(
                transformer=region['transformer'],
                theta=[
                    finite_or_none(value) for value in region['theta'].tolist()
                ],
                outline=finite_points(region['outline']),
            )
            for region in result['regions']
        ],
    )


def finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def finite_points(outline: np.ndarray | None) -> list[list[float]] | None:
    if outline is None or not np.isfinite(outline).all():
        return None
    return outline.tolist()

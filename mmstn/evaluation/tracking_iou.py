"""How well a window stays on the thing that it follows."""

import math
from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor

from mmstn.evaluation.fields import needed
from mmstn.geometry.outline import box_corners
from mmstn.geometry.polygon import polygon_box_iou
from mmstn.registry import METRICS

SAME = 0.5  # boxes that overlap by more are no longer told apart


@METRICS.register_module()
class TrackingIoU(BaseMetric):
    """Overlap of windows with what they follow, and their mix-ups.

    In percent:

    - ``tracking/iou``, the mean intersection over union of the window and the
      box, over all frames but the first, in which the box is given;
    - ``tracking/iou_if_still``, that of the box of the first frame, kept;
    - ``tracking/switched_2``, of sequences with two things, and so on: those
      in which the window has gone over to another. The identity of a window
      is the thing whose box it overlaps most; that in the last frame counts
      in which the box followed overlaps no other by more than a half. A
      sequence without such a frame is left out. A window on nothing has lost
      its thing but not mixed it up.

    Needs of each data sample ``pred_corners (T, 4, 2)`` and ``gt_boxes (K, T,
    4)``, the thing to follow first; of others NaN where there is none.
    """

    default_prefix = 'tracking'

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            corners, boxes = needed(
                'TrackingIoU',
                sample,
                ('pred_corners', 'gt_boxes'),
                'a mmstn.Tracker and a data set such as mmstn.MovingDigits',
            )
            check_frames(corners, boxes)
            still = box_corners(boxes[0, :1]).expand_as(corners)
            self.results.append(
                dict(
                    iou=ious(corners, boxes)[0, 1:].mean().item(),
                    still=ious(still, boxes)[0, 1:].mean().item(),
                    things=int(boxes.isfinite().all(2).any(1).sum()),
                    switched=has_switched(corners, boxes),
                )
            )

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        table = {
            name: torch.tensor([result[name] for result in results]).double()
            for name in ('iou', 'still', 'things', 'switched')
        }
        metrics = dict(iou=table['iou'], iou_if_still=table['still'])
        for things in table['things'].unique().int().tolist():
            if things > 1:
                chosen = table['things'] == things
                switched = table['switched'][chosen]
                metrics[f'switched_{things}'] = switched[~switched.isnan()]
        return {k: 100 * v.mean().item() for k, v in metrics.items() if len(v)}


def check_frames(corners: Tensor, boxes: Tensor) -> None:
    """Raise a ValueError unless windows and boxes are of the same frames."""
    frames = len(corners)
    fits = corners.shape == (frames, 4, 2) and frames > 1
    if not fits or boxes.shape != (max(1, len(boxes)), frames, 4):
        raise ValueError(
            'TrackingIoU: pred_corners must be (T, 4, 2) and gt_boxes (K, T, '
            '4) of the same frames, two at least, but got '
            f'{tuple(corners.shape)} and {tuple(boxes.shape)}'
        )
    if not boxes[0].isfinite().all():
        raise ValueError(
            'TrackingIoU: the thing to follow, the first of gt_boxes, must '
            'have a box in every frame; cut the sequence where it is gone'
        )


def ious(corners: Tensor, boxes: Tensor) -> Tensor:
    """Return the overlap of windows with every box, ``(K, T)``.

    Args:
        corners: ``(T, 4, 2)``.
        boxes: ``(K, T, 4)``.
    """
    windows = corners.expand(len(boxes), *corners.shape)
    flat = polygon_box_iou(windows.flatten(0, 1), boxes.flatten(0, 1))
    return flat.view(boxes.shape[:2])


def has_switched(corners: Tensor, boxes: Tensor) -> float:
    """Return 1 if a window has gone over to another thing than the first.

    0 if it has not, NaN where things are never apart and none can tell.

    Args: Of :func:`ious`.
    """
    if len(boxes) == 1:
        return 0.0
    own = box_corners(boxes[0])
    apart = ious(own, boxes)[1:].amax(0) <= SAME  # (T,)
    if not apart.any():
        return math.nan
    last = int(apart.nonzero().max())
    return float(ious(corners, boxes)[:, last].argmax() != 0)

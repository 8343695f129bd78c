"""How many things are found by a window."""

from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor

from mmstn.evaluation.fields import needed
from mmstn.geometry.polygon import polygon_box_iou
from mmstn.registry import METRICS

FOUND = 0.5  # a larger overlap


@METRICS.register_module()
class LocalisationIoU(BaseMetric):
    """Overlap of windows with the boxes of what they should find.

    In percent:

    - ``localisation/found``, the share of samples whose window and box have
      an intersection over union above a half;
    - ``localisation/iou``, its mean.

    Source: Jaderberg et al. 2015, appendix A.2.

    Needs of each data sample ``pred_corners (4, 2)`` and ``gt_box (4,)``:
    left, top, right, bottom, both in pixels.
    """

    default_prefix = 'localisation'

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            corners, box = needed(
                'LocalisationIoU',
                sample,
                ('pred_corners', 'gt_box'),
                'a mmstn.Colocaliser and a data set such as '
                'mmstn.PlacedDigits',
            )
            self.results.append(polygon_box_iou(corners[None], box[None]))

    def compute_metrics(self, results: list[Tensor]) -> dict[str, float]:
        iou = torch.cat(results)
        found = (iou > FOUND).double()
        return {
            'found': 100 * found.mean().item(),
            'iou': 100 * iou.mean().item(),
        }

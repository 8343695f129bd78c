"""How far things are from where they belong, stage by stage."""

from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric

from mmstn.evaluation.fields import needed
from mmstn.registry import METRICS


@METRICS.register_module()
class PlacementDistance(BaseMetric):
    """Distance of placed corners from the true ones, at first and by stage.

    The distance of a sample is the mean over the four corners, in pixels; the
    median over samples counts:

    - ``placement/start`` and ``placement/stage_1``, ...: at first, and after
      each stage;
    - ``placement/undone``, the share of the first that the last stage takes
      away, in percent;
    - ``placement/gap_start`` and ``placement/gap_1``, ...: by how much the
      critic finds real pictures better than the composites, on the mean.

    Needs of each data sample those of a ``mmstn.STGAN``: ``pred_corners (S +
    1, 4, 2)``, ``pred_scores (S + 1,)`` and ``real_score``, and ``gt_corners
    (2, 4, 2)``, of which the second are the true ones.
    """

    default_prefix = 'placement'

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            corners, true = needed(
                'PlacementDistance',
                sample,
                ('pred_corners', 'gt_corners'),
                'a mmstn.STGAN and a data set such as mmstn.FramedDigits',
            )
            distance = (corners - true[1]).norm(dim=-1).mean(-1)  # (S + 1,)
            gap = sample['real_score'] - sample['pred_scores']
            self.results.append((distance, gap.double().cpu()))

    def compute_metrics(self, results: list[tuple]) -> dict[str, float]:
        distances, gaps = (
            torch.stack(each) for each in zip(*results, strict=True)
        )
        start, *stages = distances.median(0).values.tolist()
        gap, *later = gaps.mean(0).tolist()
        metrics = dict(start=start)
        metrics |= {f'stage_{i}': d for i, d in enumerate(stages, 1)}
        metrics |= dict(undone=100 * (1 - stages[-1] / start), gap_start=gap)
        return metrics | {f'gap_{i}': g for i, g in enumerate(later, 1)}

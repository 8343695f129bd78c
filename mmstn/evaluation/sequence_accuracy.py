"""Accuracy of whole sequences of labels."""

from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric

from mmstn.registry import METRICS


@METRICS.register_module()
class SequenceAccuracy(BaseMetric):
    """Percentage of samples whose labels are all predicted right.

    Gives ``sequence/accuracy``, of which the papers give the complement,
    ``sequence/label_accuracy``, that of single labels, and
    ``sequence/accuracy_1`` and so on, the accuracy at each position. Needs
    ``gt_label`` and ``pred_label``, both ``(L,)``, of each data sample.

    Raises:
        ValueError: If one is longer than the other.
    """

    default_prefix = 'sequence'

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            true, predicted = sample['gt_label'], sample['pred_label']
            if true.shape != predicted.shape:
                raise ValueError(
                    'SequenceAccuracy: gt_label and pred_label of a sample '
                    f'must be of one shape, but got {tuple(true.shape)} and '
                    f'{tuple(predicted.shape)}; do head and data set belong '
                    'together?'
                )
            self.results.append((true == predicted).cpu())

    def compute_metrics(self, results: list) -> dict[str, float]:
        right = torch.stack(results).double()  # (N, L)
        metrics = dict(
            accuracy=right.amin(1).mean() * 100,
            label_accuracy=right.mean() * 100,
        )
        for position, share in enumerate(right.mean(0), 1):
            metrics[f'accuracy_{position}'] = share * 100
        return {name: value.item() for name, value in metrics.items()}

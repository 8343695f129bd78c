"""The mean of several predictions of one batch."""

from collections.abc import Sequence

import torch
from mmpretrain.models import MultiLabelClsHead
from mmpretrain.structures import DataSample
from torch import Tensor, nn

LABELS = {'pred_score': 'pred_label', 'stream_scores': 'stream_labels'}


def average_predictions(
    samples: Sequence[DataSample],
    draws: Sequence[Sequence[DataSample]],
    head: nn.Module,
) -> None:
    """Write the mean probabilities and their labels into ``samples``.

    Args:
        samples: Of a batch, with predictions of the head.
        draws: Several predictions of the batch.
        head: Of a classifier; the rule of a multi-label head for what is a
            label is its own.

    Raises:
        TypeError: If the head gives no probabilities.
    """
    for index, sample in enumerate(samples):
        names = LABELS.keys() & sample.keys()
        if not names:
            raise TypeError(
                f'STNClassifier: num_draws averages probabilities, but '
                f'{type(head).__name__} predicts no pred_score; leave out '
                'num_draws'
            )
        for name in names:
            scores = [draw[index].get(name).float() for draw in draws]
            score = torch.stack(scores).mean(0)
            labels = labels_of(score, head, sample.get(LABELS[name]))
            sample.set_field(score, name)
            sample.set_field(labels, LABELS[name])


def labels_of(score: Tensor, head: nn.Module, like: Tensor) -> Tensor:
    """Return the labels of one sample, by the rule of the head.

    Args:
        score: Probabilities ``([N,] K)`` of ``K`` classes.
        head: Of a classifier.
        like: Labels by another prediction, for the shape.
    """
    if not isinstance(head, MultiLabelClsHead):
        return score.argmax(-1).view_as(like)
    if head.thr is None:
        return score.topk(head.topk).indices
    return torch.where(score >= head.thr)[0]

"""Laws of how many numbers are read without a mistake."""

import pytest
import torch
from mmengine.evaluator import Evaluator
from mmpretrain.structures import DataSample

from mmstn.registry import METRICS

TRUE = [[1, 9, 10], [2, 3, 4], [5, 10, 10], [7, 7, 7]]
READ = [[1, 9, 10], [2, 3, 5], [5, 10, 10], [1, 7, 1]]


def test_it_counts_as_one_does_by_hand():
    evaluator = Evaluator(dict(type='mmstn.SequenceAccuracy'))
    for true, read in zip(TRUE, READ, strict=True):
        sample = DataSample().set_gt_label(true)
        sample.set_pred_label(torch.tensor(read))
        evaluator.process([sample])
    assert evaluator.evaluate(4) == {
        'sequence/accuracy': 50,
        'sequence/label_accuracy': 75,
        'sequence/accuracy_1': 75,
        'sequence/accuracy_2': 100,
        'sequence/accuracy_3': 50,
    }


@pytest.mark.parametrize('right', [0, 1, 3])
def test_one_wrong_digit_makes_a_number_wrong(right):
    metric = METRICS.build(dict(type='mmstn.SequenceAccuracy'))
    true = torch.arange(15).view(3, 5)
    read = true.clone()
    for row in range(right, 3):
        read[row, row] = -1
    metric.process(
        None,
        [
            dict(gt_label=t, pred_label=r)
            for t, r in zip(true, read, strict=True)
        ],
    )
    accuracy = metric.evaluate(3)['sequence/accuracy']
    assert accuracy == pytest.approx(100 * right / 3)


def test_a_label_of_another_length_is_refused():
    metric = METRICS.build(dict(type='mmstn.SequenceAccuracy'))
    sample = dict(gt_label=torch.tensor([1]), pred_label=torch.arange(5))
    with pytest.raises(ValueError, match=r'but got \(1,\) and \(5,\)'):
        metric.process(None, [sample])

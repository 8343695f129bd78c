"""The distance of things from where they belong."""

import pytest
import torch

from mmstn.registry import METRICS

TRUE = torch.tensor([[0.0, 0], [4, 0], [4, 4], [0, 4]])


def sample(*shifts, scores=(0.0, 0.0, 0.0), real=1.0):
    """A prediction whose corners are right of the true ones by ``shifts``."""
    right = torch.tensor([1.0, 0])
    corners = torch.stack([TRUE + shift * right for shift in shifts])
    return dict(
        pred_corners=corners,
        gt_corners=torch.stack([TRUE + 9, TRUE]),
        pred_scores=torch.tensor(scores),
        real_score=torch.tensor(real),
    )


def measured(*samples):
    metric = METRICS.build(dict(type='mmstn.PlacementDistance'))
    metric.process({}, samples)
    return metric.evaluate(len(samples))


def test_the_median_distance_and_the_mean_gap_of_each_stage():
    found = measured(
        sample(8, 4, 1, scores=(-1.0, 0.0, 0.5)),
        sample(6, 3, 2, scores=(-3.0, 0.0, 1.5)),
        sample(90, 2, 9, scores=(-2.0, 0.0, 1.0)),
    )
    assert found == {
        'placement/start': 8,
        'placement/stage_1': 3,
        'placement/stage_2': 2,
        'placement/undone': 75,
        'placement/gap_start': 3,
        'placement/gap_1': 1,
        'placement/gap_2': 0,
    }


def test_the_distance_of_a_sample_is_the_mean_over_its_corners():
    one = sample(0, 0, 0)
    one['pred_corners'][0, 0] += torch.tensor([3.0, 4.0])
    assert measured(one)['placement/start'] == pytest.approx(5 / 4)


@pytest.mark.parametrize('name', ['pred_corners', 'gt_corners'])
def test_predictions_of_another_model_are_refused(name):
    one = sample(1, 1, 1)
    del one[name]
    metric = METRICS.build(dict(type='mmstn.PlacementDistance'))
    with pytest.raises(ValueError, match=f'has no {name}; .* mmstn.STGAN'):
        metric.process({}, [one])

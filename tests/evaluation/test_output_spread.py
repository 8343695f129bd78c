"""Spread over turns of one picture, over that of all, by hand."""

import pytest
import torch
from mmengine.registry import METRICS
from torch.testing import assert_close


def spread(*outputs):
    """The metric of pictures, each seen ``(K, C, H, W)``."""
    metric = METRICS.build(dict(type='mmstn.OutputSpread'))
    samples = [dict(turned=dict(st=seen)) for seen in outputs]
    for sample in samples:  # in batches, and others beside
        metric.process(None, [sample, dict()])
    return metric.evaluate(len(outputs))['spread/st']


def test_what_stands_still_has_none():
    outputs = torch.rand(3, 1, 1, 4, 4).expand(3, 5, 1, 4, 4)
    assert spread(*outputs) == pytest.approx(0)


def test_turns_that_differ_as_pictures_do_have_all():
    turns = torch.rand(5, 1, 4, 4)
    assert spread(turns, turns, turns) == pytest.approx(100)


def test_it_is_a_share_of_the_variance():
    turns = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)  # a variance of 1
    # pictures at -2 and 2: a variance of 4
    assert spread(turns - 2, turns + 2) == pytest.approx(100 / 5)


def test_it_is_that_of_all_values_of_all_turns():
    outputs = torch.rand(6, 4, 2, 3, 3).double()
    within = outputs.var(1, correction=0).mean()
    total = outputs.flatten(0, 1).var(0, correction=0).mean()
    assert_close(
        spread(*outputs), (100 * within / total).item(), rtol=1e-5, atol=0
    )


def test_pictures_that_are_all_one_have_none():
    outputs = torch.zeros(4, 1, 5, 5)
    assert spread(outputs, outputs) == 0


def test_without_the_hook_it_says_what_to_add():
    metric = METRICS.build(dict(type='mmstn.OutputSpread'))
    metric.process(None, [dict()])
    with pytest.raises(ValueError, match='mmstn.TurnedRecordHook'):
        metric.compute_metrics(metric.results)

"""The share of a window beyond the picture, by hand."""

import pytest
import torch
from mmengine.registry import METRICS

from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.outline import frame_perimeter

SIZE = (8, 12)


def outside(*thetas):
    metric = METRICS.build(dict(type='mmstn.ReadOutside'))
    frame = frame_perimeter(4, torch.zeros(()))
    samples = []
    for scale, x, y in thetas:
        points = scale * frame + torch.tensor([x, y])
        samples.append(dict(attention=dict(st=to_pixels(points, SIZE))))
    inputs = [torch.zeros(1, *SIZE)] * len(samples)
    metric.process(dict(inputs=inputs), samples)
    return metric.evaluate(len(samples))['outside/st']


@pytest.mark.parametrize(
    ('theta', 'expected'),
    [
        ((1.0, 0.0, 0.0), 0),
        ((0.5, 0.5, -0.5), 0),
        ((1.0, 1.0, 0.0), 50),
        ((1.0, 1.0, 1.0), 75),
        ((2.0, 0.0, 0.0), 75),
        ((-2.0, 0.0, 0.0), 75),
        ((0.5, 3.0, 0.0), 100),
        ((0.0, 0.0, 0.0), 100),
        ((float('nan'), 0.0, 0.0), 100),
    ],
)
def test_the_share_is_one_of_the_area(theta, expected):
    assert outside(theta) == pytest.approx(expected, abs=1e-4)


def test_over_images_it_is_the_mean():
    assert outside((1.0, 0, 0), (2.0, 0, 0)) == pytest.approx(37.5)


def test_without_the_hook_it_says_what_to_add():
    metric = METRICS.build(dict(type='mmstn.ReadOutside'))
    with pytest.raises(ValueError, match='mmstn.AttentionRecordHook'):
        metric.process(dict(inputs=[torch.zeros(1, 8, 8)]), [dict()])

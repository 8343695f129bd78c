"""A key that changes nothing is said."""

import logging

import pytest
from mmengine.logging import MMLogger
from mmengine.optim import build_optim_wrapper
from mmpretrain.registry import MODELS

CONSTRUCTORS = [
    'DefaultOptimWrapperConstructor',
    'LearningRateDecayOptimWrapperConstructor',
]


@pytest.fixture
def warnings(monkeypatch):
    """The warnings, line by line."""
    lines = []

    def log(_, level, message, *args, **kwargs):
        lines.extend([message] if level == logging.WARNING else [])

    monkeypatch.setattr(MMLogger, 'log', log)
    MMLogger.get_instance('keys')
    return lines


def build(constructor, *keys):
    arch = dict(
        embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32
    )
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='VisionTransformer', img_size=32, arch=arch),
        )
    )
    keys = {key: dict(decay_mult=0.0) for key in keys}
    return build_optim_wrapper(
        model,
        dict(
            constructor=constructor,
            optimizer=dict(type='SGD', lr=1.0, weight_decay=0.1),
            paramwise_cfg=dict(custom_keys=keys),
        ),
    )


@pytest.mark.parametrize('constructor', CONSTRUCTORS)
def test_a_key_that_matches_nothing_is_said(warnings, constructor):
    build(constructor, 'bakcbone', '.cls_token', '.clstoken', 'xyz')
    said = [line for line in warnings if 'custom_keys' in line]
    assert len(said) == 3
    assert "'bakcbone' matches no parameter" in said[0]
    assert 'did you mean backbone?' in said[0]
    assert 'did you mean cls_token?' in said[1]
    assert said[2].endswith('changes nothing')


@pytest.mark.parametrize('constructor', CONSTRUCTORS)
def test_keys_that_match_are_not_spoken_of(warnings, constructor):
    build(constructor, 'backbone', '.cls_token', 'layers.1')
    assert not [line for line in warnings if 'custom_keys' in line]

"""Transformers that fit any place."""

import pytest
import torch
from mmengine.model import BaseModule

from mmstn.registry import MODELS


@MODELS.register_module()
class MeanOfAll(BaseModule):
    """A trunk for sources of any shape: one feature, their mean."""

    def forward(self, source):
        return (source.flatten(1).mean(1, keepdim=True),)


def transformer(size, before=None, **localisation):
    """Return the config of an attention transformer that keeps the size."""
    cfg = dict(
        type='mmstn.SpatialTransformer',
        localisation=dict(
            trunk=dict(type='mmstn.MeanOfAll'), in_features=1, **localisation
        ),
        grid=dict(type='mmstn.AttentionGrid', size=size),
        sampler=dict(type='mmstn.GridSampler', padding='border'),
    )
    return cfg if before is None else dict(before=before, **cfg)


def size_before(backbone, place, source):
    """Return ``(H, W)`` of the input of a submodule of a bare backbone."""
    sizes = []
    handle = backbone.get_submodule(place).register_forward_pre_hook(
        lambda module, inputs: sizes.append(inputs[0].shape[2:])
    )
    with torch.no_grad():
        backbone(source)
    handle.remove()
    return tuple(sizes[0])


@pytest.fixture(name='transformer')
def transformer_fixture():
    return transformer


@pytest.fixture(name='size_before')
def size_before_fixture():
    return size_before

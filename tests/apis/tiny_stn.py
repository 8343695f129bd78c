"""Tiny networks whose transformers read known regions."""

import numpy as np
from mmengine.config import Config
from small_transformer import small_transformer

SIDE = 16  # of the network's input
WINDOW = dict(family='AttentionGrid', start=(0.5, 0.25, -0.5), size=(8, 8))


def transformer(family, start, size=(SIDE, SIDE), source=(SIDE, SIDE), **more):
    """Config of a transformer that looks where it starts, at any image."""
    return small_transformer(
        family,
        size,
        source=source,
        start=start,
        in_channels=more.pop('in_channels', 3),
        **more,
    )


def config(
    *transformers,
    size=(8, 8),
    in_channels=3,
    steps=(dict(fc=6),),
    to_rgb=True,
):
    """A config of images whose short side becomes 24, cropped to 16."""
    pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='ResizeEdge', scale=24, edge='short'),
        dict(type='CenterCrop', crop_size=SIDE),
        dict(type='PackInputs'),
    ]
    net = dict(
        type='mmstn.PlainNet',
        size=size,
        steps=list(steps),
        in_channels=in_channels,
    )
    return Config(
        dict(
            model=dict(
                type='ImageClassifier',
                data_preprocessor=dict(
                    mean=[120.0, 110.0, 100.0],
                    std=[60.0, 55.0, 50.0],
                    to_rgb=to_rgb,
                ),
                backbone=dict(
                    type='mmstn.STNBackbone',
                    backbone=net,
                    transformers=list(transformers),
                ),
                head=dict(type='LinearClsHead', num_classes=3, in_channels=6),
            ),
            test_dataloader=dict(
                dataset=dict(type='CustomDataset', pipeline=pipeline)
            ),
        )
    )


def photo(size=(30, 60), seed=0):
    """A BGR picture, uint8 ``(H, W, 3)``."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (*size, 3), dtype=np.uint8)

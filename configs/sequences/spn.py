"""SPN on three digits in clutter: one transformer, feed-forward.

python tools/train.py configs/sequences/spn.py

The window starts at 90x60 pixels, about the row, with an output of that shape,
and a localiser that learns at .3 of the rate keeps it near: at the full rate
from the whole picture, with square outputs, it stayed about the whole picture,
at half the pixels a side, and the error on the test set was 1.55 %.
Source: Sonderby et al. 2015, which has an error of 2.0 % of the digits.
Result: not run yet.
"""

_base_ = '../_base_/sequences.py'


def network(downsample):
    """Return the network whose transformer outputs (88, 132) / downsample."""
    size = (88 // downsample, 132 // downsample)
    trunk = dict(
        type='mmstn.PlainNet',
        size=(100, 100),
        steps=[
            dict(pool='max', size=2),
            dict(conv=20, kernel=3),
            dict(pool='max', size=2),
            dict(conv=20, kernel=3),
            dict(pool='max', size=2),
            dict(conv=20, kernel=3),
            dict(fc=200),
        ],
    )
    return dict(
        type='mmstn.STNBackbone',
        backbone=dict(
            type='mmstn.PlainNet',
            size=size,
            steps=[
                dict(conv=96, kernel=3),
                dict(pool='max', size=2),
                dict(conv=96, kernel=3),
                dict(pool='max', size=2),
                dict(conv=96, kernel=3),
                dict(fc=400),
            ],
        ),
        transformers=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(start=[0.9, 0, 0, 0, 0.6, 0], trunk=trunk),
            grid=dict(type='mmstn.AffineGrid', size=size),
        ),
    )


model = dict(backbone=network(downsample=2))
custom_hooks = [
    dict(type='mmstn.ChannelsLastHook'),
    dict(type='mmstn.AttentionVisualizationHook'),
]

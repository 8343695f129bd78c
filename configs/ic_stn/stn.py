"""STN on MNIST under corner noise: one homography before a small classifier.

python tools/train.py configs/ic_stn/stn.py

Source: Lin and Lucey 2017, table 1.
Result: an error of 2.87 % (the paper: 4.94), seed 0, 60 epochs in bfloat16.
"""

_base_ = '../_base_/ic_stn.py'

model = dict(
    backbone=dict(
        type='mmstn.STNBackbone',
        backbone=dict(
            type='mmstn.PlainNet',
            size=(28, 28),
            steps=[dict(conv=3, kernel=9)],
        ),
        transformers=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                trunk=dict(
                    type='mmstn.PlainNet',
                    size=(28, 28),
                    steps=[
                        dict(conv=4, kernel=7),
                        dict(conv=8, kernel=7),
                        dict(pool='max', size=2),
                        dict(fc=48),
                    ],
                ),
            ),
            grid=dict(type='mmstn.ProjectiveGrid', size=(28, 28)),
        ),
    ),
    head=dict(in_channels=3 * 20 * 20),
)
custom_hooks = [
    dict(type='mmstn.ChannelsLastHook'),
    dict(type='mmstn.AttentionVisualizationHook'),
]

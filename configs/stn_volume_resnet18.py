"""A 3D transformer before MMPretrain's ResNet-18, on solid digits.

python tools/train.py configs/stn_volume_resnet18.py

How a 2D network takes volumes: wrap it, put a 3D transformer on the input, and
behind that the mean along the depth. The mean has the channels of the volume;
ResNet-18, from scratch, takes that one instead of three.
Source: Jaderberg et al. 2015, appendix A.3, with ResNet-18 for the paper's
network; data set and schedule of configs/volumes.
Result: not run yet.
"""

_base_ = '_base_/volumes.py'

model = dict(
    backbone=dict(
        backbone=dict(type='ResNet', depth=18, in_channels=1),
        transformers=[
            dict(
                type='mmstn.SpatialTransformer',
                localisation=dict(
                    trunk=dict(
                        type='mmstn.PlainNet',
                        size=(60, 60, 60),
                        steps=[
                            dict(pool='avg', size=3),
                            dict(conv=8, kernel=5),
                            dict(pool='max', size=2),
                            dict(conv=16, kernel=5),
                            dict(fc=32),
                        ],
                    ),
                ),
                grid=dict(type='mmstn.AffineGrid', size=(30, 60, 60)),
            ),
            dict(type='mmstn.DepthMean'),
        ],
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(in_channels=512),
)
custom_hooks = [
    dict(type='mmstn.ChannelsLastHook'),
    dict(type='mmstn.AttentionVisualizationHook'),
]

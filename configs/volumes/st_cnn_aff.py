"""ST-CNN-Aff on solid digits: a 3D transformer, then along their depth.

python tools/train.py configs/volumes/st_cnn_aff.py

Source: Jaderberg et al. 2015, appendix A.3.
Result: an error of 3.82 %, seed 0, 24 epochs in bfloat16.
"""

_base_ = '../_base_/volumes.py'

model = dict(
    backbone=dict(
        backbone=dict(type='mmstn.DigitCNN', size=(30, 30), channels=32),
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
                grid=dict(type='mmstn.AffineGrid', size=(15, 30, 30)),
            ),
            dict(type='mmstn.DepthMean'),
        ],
    ),
    head=dict(in_channels=32 * 3 * 3),
)
custom_hooks = [
    dict(type='mmstn.ChannelsLastHook'),
    dict(type='mmstn.AttentionVisualizationHook'),
]

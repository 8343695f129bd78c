"""The paper's convolutional classifier of digits behind a transformer."""

_base_ = 'digit_cnn.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone=dict(type='mmstn.DigitCNN'),
        transformers=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                trunk=dict(
                    type='mmstn.PlainNet',
                    steps=[
                        dict(pool='avg', size=2),
                        dict(conv=20, kernel=5),
                        dict(pool='max', size=2),
                        dict(conv=20, kernel=5),
                        dict(fc=20),
                    ],
                )
            ),
        ),
    )
)
custom_hooks = [
    dict(type='mmstn.ChannelsLastHook'),
    dict(type='mmstn.AttentionVisualizationHook'),
    dict(type='mmstn.AttentionRecordHook'),
]

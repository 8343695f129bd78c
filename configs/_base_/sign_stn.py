"""The same classifier behind a transformer, with as many parameters in all."""

_base_ = 'sign_cnn.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone=dict(
            type='mmstn.PlainNet',
            size=(36, 36),
            in_channels=3,
            steps=[
                dict(conv=16, kernel=5),
                dict(pool='max', size=2),
                dict(conv=32, kernel=5),
                dict(pool='max', size=2),
                dict(fc=64),
            ],
        ),
        transformers=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                trunk=dict(
                    type='mmstn.PlainNet',
                    size=(36, 36),
                    in_channels=3,
                    steps=[
                        dict(pool='avg', size=2),
                        dict(conv=16, kernel=5),
                        dict(pool='max', size=2),
                        dict(conv=32, kernel=5),
                        dict(fc=32),
                    ],
                ),
            ),
            grid=dict(type='mmstn.AffineGrid', size=(36, 36)),
            sampler=dict(type='mmstn.GridSampler', padding='border'),
        ),
    ),
    head=dict(in_channels=64),
)
optim_wrapper = dict(
    paramwise_cfg=dict(
        custom_keys={'localisation': dict(lr_mult=0.3, decay_mult=0.0)}
    )
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

"""One attention transformer before Inception-v3, CUB-200-2011.

python tools/train.py configs/stn_cub_inception_v3.py

The transformer sees 448 pixels and returns the 299 the network was made for.
It starts with the whole image.
Source: MMPretrain's Inception-v3, from scratch, with its data set and schedule
for the birds, and Jaderberg et al. 2015, eq. 2.
Result: not run yet.
"""

_base_ = [
    'mmpretrain::_base_/models/inception_v3.py',
    'mmpretrain::_base_/datasets/cub_bs8_448.py',
    'mmpretrain::_base_/schedules/cub_bs64.py',
    'mmpretrain::_base_/default_runtime.py',
]

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone=dict(type='InceptionV3', num_classes=200, aux_logits=False),
        transformers=[
            dict(
                type='mmstn.SpatialTransformer',
                localisation=dict(
                    trunk=dict(
                        type='mmstn.PlainNet',
                        size=(448, 448),
                        in_channels=3,
                        steps=[
                            dict(pool='avg', size=8),
                            dict(conv=32, kernel=5),
                            dict(pool='max', size=2),
                            dict(conv=32, kernel=5),
                            dict(pool='max', size=2),
                            dict(fc=64),
                        ],
                    ),
                ),
                grid=dict(type='mmstn.AttentionGrid', size=(299, 299)),
                sampler=dict(type='mmstn.GridSampler', padding='border'),
            )
        ],
    )
)
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.1)})
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

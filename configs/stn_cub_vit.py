"""One affine transformer before a Vision Transformer, CUB-200-2011.

python tools/train.py configs/stn_cub_vit.py

The transformer sees 448 pixels and returns 224, which are cut into patches.
It starts with the whole image.
Source: MMPretrain's ViT-B/16, from scratch, with its data set and schedule for
the birds, and Jaderberg et al. 2015, eq. 1.
Result: not run yet.
"""

_base_ = [
    'mmpretrain::_base_/models/vit-base-p16.py',
    'mmpretrain::_base_/datasets/cub_bs8_448.py',
    'mmpretrain::_base_/schedules/cub_bs64.py',
    'mmpretrain::_base_/default_runtime.py',
]

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone={{_base_.model.backbone}},
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
                grid=dict(type='mmstn.AffineGrid', size=(224, 224)),
                sampler=dict(type='mmstn.GridSampler', padding='border'),
            )
        ],
    ),
    head=dict(num_classes=200),
)
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.1)})
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

"""A transformer inside ResNet-50, before its third stage, CUB-200-2011.

python tools/train.py configs/stn_cub_inside_resnet50.py

How MMPretrain's ResNet-50 for the birds warps its own features: wrap its
backbone and name the place.
Source: mmpretrain::resnet/resnet50_8xb8_cub.py, and Jaderberg et al. 2015,
section 3.4, which puts transformers at any depth.
Result: not run yet.
"""

_base_ = ['mmpretrain::resnet/resnet50_8xb8_cub.py']

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone={{_base_.model.backbone}},
        transformers=[
            dict(
                before='layer3',
                type='mmstn.SpatialTransformer',
                localisation=dict(
                    trunk=dict(
                        type='mmstn.PlainNet',
                        size=(56, 56),
                        in_channels=512,
                        steps=[
                            dict(pool='avg', size=4),
                            dict(conv=64, kernel=3),
                            dict(pool='max', size=2),
                            dict(fc=64),
                        ],
                    ),
                ),
                grid=dict(type='mmstn.AffineGrid', size=(56, 56)),
            )
        ],
    )
)
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.1)})
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

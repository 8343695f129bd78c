"""A transformer behind ResNet-50, on its last feature map, CUB-200-2011.

python tools/train.py configs/stn_cub_neck_resnet50.py

How MMPretrain's ResNet-50 for the birds attends to a part of what it sees:
wrap its neck. What is outside the map is zero, as a ReLU may leave it.
Source: mmpretrain::resnet/resnet50_8xb8_cub.py, and Jaderberg et al. 2015,
eq. 2.
Result: not run yet.
"""

_base_ = ['mmpretrain::resnet/resnet50_8xb8_cub.py']

model = dict(
    neck=dict(
        _delete_=True,
        type='mmstn.STNNeck',
        neck={{_base_.model.neck}},
        transformer=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                trunk=dict(
                    type='mmstn.PlainNet',
                    size=(14, 14),
                    in_channels=2048,
                    steps=[
                        dict(conv=64, kernel=1),
                        dict(pool='max', size=2),
                        dict(fc=64),
                    ],
                ),
            ),
            grid=dict(type='mmstn.AttentionGrid', size=(14, 14)),
        ),
    )
)
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.1)})
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

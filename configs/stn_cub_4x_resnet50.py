"""Four parallel transformers before a shared ResNet-50, CUB-200-2011.

python tools/train.py configs/stn_cub_4x_resnet50.py

How MMPretrain's ResNet-50 for the birds gains transformers: wrap its backbone.
All four crops go through one network, and each is also classified on its own.
Source: mmpretrain::resnet/resnet50_8xb8_cub.py, and Jaderberg et al. 2015,
section 4.3, which has Inceptions with weights of their own.
Result: not run yet.
"""

_base_ = ['mmpretrain::resnet/resnet50_8xb8_cub.py']

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.ParallelSTNBackbone',
        backbone={{_base_.model.backbone}},
        shared=True,
        transformer=dict(
            type='mmstn.ParallelSpatialTransformer',
            num_transformers=4,
            localisation=dict(
                trunk=dict(
                    type='mmstn.LocalisationTrunk',
                    backbone={{_base_.model.backbone}},
                    in_channels=2048,
                    size=(7, 7),
                    downsample=2,
                ),
            ),
            grid=dict(
                type='mmstn.TranslationGrid', size=(224, 224), scale=0.5
            ),
            sampler=dict(type='mmstn.GridSampler', padding='border'),
        ),
    ),
    neck=dict(type='mmstn.ConcatStreams'),
    head=dict(
        type='mmstn.ParallelSTHead',
        in_channels=4 * 2048,
        stream_losses=(0.25, 0.25, 0.25, 0.25),
    ),
)
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=1e-3)})
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

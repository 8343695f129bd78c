"""Four parallel transformers, each before a BN-Inception, for the birds."""

_base_ = ['inception_v2_cub.py']

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.ParallelSTNBackbone',
        backbone={{_base_.model.backbone}},
        transformer=dict(
            type='mmstn.ParallelSpatialTransformer',
            num_transformers=4,
            localisation=dict(
                trunk=dict(
                    type='mmstn.LocalisationTrunk',
                    backbone={{_base_.model.backbone}},
                    in_channels=1024,
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
    head=dict(type='mmstn.ParallelSTHead', in_channels=4 * 1024),
)

optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=1e-4)})
)
custom_hooks = [
    dict(type='mmstn.AttentionVisualizationHook'),
    dict(type='mmstn.AttentionRecordHook'),
]

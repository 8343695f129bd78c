"""Four parallel transformers and Inceptions, CUB-200-2011 at 448 pixels.

python tools/train.py configs/stn_cub_4x.py

Each transformer chooses the place of a crop half as wide and high as the
image. Data set, weights and schedule as in inception_v2_cub.py.
Source: Jaderberg et al. 2015, section 4.3 and appendix A.6: one Inception for
all transformers finds their places, at half the resolution, with 1e-4 of the
learning rate. Ours: outside the image its border is continued.
Expected: an accuracy of 84.1 %, the paper's.
Result: not run yet.
"""

_base_ = ['inception_v2_cub.py']

inception = {{_base_.model.backbone}}
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.ParallelSTNBackbone',
        backbone=inception,
        transformer=dict(
            type='mmstn.ParallelSpatialTransformer',
            number=4,
            localisation=dict(
                in_features=128,
                trunk=dict(
                    type='mmstn.ShrinkingTrunk',
                    backbone=inception,
                    in_channels=1024,
                    size=(7, 7),
                    shrink=2,
                ),
            ),
            grid=dict(
                type='mmstn.TranslationGrid', size=(224, 224), scale=0.5
            ),
            sampler=dict(type='mmstn.GridSampler', padding='border'),
        ),
    ),
    neck=dict(_delete_=True, type='mmstn.ConcatStreams'),
    head=dict(in_channels=4 * 1024),
)

train_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='ResizeEdge', scale=512, edge='short'),
            dict(type='RandomCrop', crop_size=448),
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='PackInputs'),
        ]
    )
)
val_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='ResizeEdge', scale=512, edge='short'),
            dict(type='CenterCrop', crop_size=448),
            dict(type='PackInputs'),
        ]
    )
)
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='Accuracy', topk=(1,)),
    dict(
        type='mmstn.PartCoverage',
        data_root='data/CUB_200_2011',
        pipeline=val_dataloader['dataset']['pipeline'],
    ),
]
test_evaluator = val_evaluator

optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=1e-4)})
)
custom_hooks = [
    dict(type='mmstn.AttentionVisualizationHook'),
    dict(type='mmstn.AttentionRecordHook'),
]

del inception

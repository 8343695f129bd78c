"""Two parallel transformers and Inceptions, CUB-200-2011 at 224 pixels.

python tools/train.py configs/stn_cub_2x_224.py

Crops of half the image are enlarged to 224 pixels again; otherwise as
stn_cub_4x.py: data set, weights, schedule.
Source: Jaderberg et al. 2015, section 4.3 and appendix A.6.
Expected: an accuracy of 83.1 %, the paper's.
Result: not run yet.
"""

_base_ = ['stn_cub_2x.py']

model = dict(
    backbone=dict(
        transformer=dict(localisation=dict(trunk=dict(shrink=1))),
    )
)

train_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='ResizeEdge', scale=256, edge='short'),
            dict(type='RandomCrop', crop_size=224),
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='PackInputs'),
        ]
    )
)
val_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='ResizeEdge', scale=256, edge='short'),
            dict(type='CenterCrop', crop_size=224),
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

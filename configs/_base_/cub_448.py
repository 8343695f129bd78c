"""CUB-200-2011 in crops of 448 pixels: as cub_224.py otherwise."""

_base_ = ['cub_224.py']

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

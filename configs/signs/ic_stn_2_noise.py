"""A transformer of two steps before a small CNN, signs under corner noise.

python tools/train.py configs/signs/ic_stn_2_noise.py

It reads the original, beyond the window that the noise leaves in view: from
the middle of 50x50 pixels, of which the others see the 36x36 alone.

Source: Lin and Lucey 2017; the network is ours.
"""

_base_ = 'stn_noise.py'


def pipeline(**noise):
    """Return the steps from a file to a window and what lies around it."""
    return [
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=(50, 50)),
        dict(type='mmstn.Standardise'),
        dict(type='mmstn.CornerNoise', size=(36, 36), margin=7, **noise),
        dict(type='PackInputs'),
    ]


train_dataloader = dict(dataset=dict(pipeline=pipeline()))
val_dataloader = dict(dataset=dict(pipeline=pipeline(seed=0)))
test_dataloader = val_dataloader

model = dict(
    backbone=dict(
        transformers=dict(
            type='mmstn.IterativeSpatialTransformer',
            num_steps=2,
            begin=[36 / 50, 0, 0, 0, 36 / 50, 0],
        )
    )
)

"""Traffic signs turned by up to 90 degrees, in training and in test.

64x64 pixels; the angle is fresh in each epoch, of a test sign always the same.
"""

_base_ = 'signs.py'


def pipeline(**turn):
    """Return the steps from a file to a turned sign."""
    return [
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=(64, 64)),
        dict(type='mmstn.Standardise'),
        dict(type='mmstn.Turn', max_angle=90, **turn),
        dict(type='PackInputs'),
    ]


train_dataloader = dict(dataset=dict(pipeline=pipeline()))
val_dataloader = dict(dataset=dict(pipeline=pipeline(seed=0)))
test_dataloader = val_dataloader

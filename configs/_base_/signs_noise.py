"""Traffic signs under corner noise, in training and in test.

A window of 36x36 out of 50x50 pixels, whose corners moved at random: fresh in
each epoch, of a test sign always the same.

Source: Lin and Lucey 2017.
"""

_base_ = 'signs.py'


def pipeline(**noise):
    """Return the steps from a file to a sign under corner noise."""
    return [
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=(50, 50)),
        dict(type='mmstn.Standardise'),
        dict(type='mmstn.CornerNoise', size=(36, 36), **noise),
        dict(type='PackInputs'),
    ]


train_dataloader = dict(dataset=dict(pipeline=pipeline()))
val_dataloader = dict(dataset=dict(pipeline=pipeline(seed=0)))
test_dataloader = val_dataloader

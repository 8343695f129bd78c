"""MNIST's rows as a series of 28 channels, under a smooth random time warp.

A digit lasts 14 to 28 of 28 steps, starts at any of those left, and runs
slower here and faster there: see mmstn.datasets.digits.distortion.

Source: ours; Lohit et al. 2019 and Shapira Weber et al. 2019 align series so.
The models have 32k parameters, within 2 %.
"""

_base_ = ['mnist.py', 'mnist_60e.py']

train_dataloader = dict(dataset=dict(distortion='time'))
val_dataloader = dict(
    dataset=dict(
        distortion='time',
        pipeline=[dict(type='mmstn.PackDigits', canvas=28)],
    )
)
test_dataloader = val_dataloader

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    backbone=dict(
        type='mmstn.STNBackbone',
        backbone=dict(type='mmstn.PlainNet', size=(28,), in_channels=28),
        transformers=[dict(type='mmstn.RowsAsSeries')],
    ),
    head=dict(type='LinearClsHead', num_classes=10, topk=(1,), cal_acc=True),
)

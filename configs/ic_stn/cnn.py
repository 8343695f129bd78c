"""CNN on MNIST under corner noise: the baseline of IC-STN.

python tools/train.py configs/ic_stn/cnn.py

Source: Lin and Lucey 2017, table 1.
Result: an error of 5.28 % (the paper: 6.6), seed 0, 60 epochs in bfloat16.
"""

_base_ = '../_base_/ic_stn.py'

model = dict(
    backbone=dict(
        type='mmstn.PlainNet',
        size=(28, 28),
        steps=[
            dict(conv=3, kernel=3),
            dict(conv=6, kernel=3),
            dict(pool='max', size=2),
            dict(conv=9, kernel=3),
            dict(conv=12, kernel=3),
            dict(fc=48),
        ],
    ),
    head=dict(in_channels=48),
)

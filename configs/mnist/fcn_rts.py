"""FCN on RTS: digits turned, scaled and placed at random.

python tools/train.py configs/mnist/fcn_rts.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 3.56 % (the paper: 5.2), seed 0, 60 epochs.
"""

_base_ = [
    '../_base_/mnist_rts.py',
    '../_base_/digit_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(size=(42, 42), hidden_dim=202), head=dict(in_channels=202)
)

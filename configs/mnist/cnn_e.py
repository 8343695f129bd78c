"""CNN on E: digits bent by a spline.

python tools/train.py configs/mnist/cnn_e.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.82 % (the paper: 1.4), seed 0, 25 epochs.
"""

_base_ = [
    '../_base_/mnist_e.py',
    '../_base_/digit_cnn.py',
    '../_base_/mnist_25e.py',
]

model = dict(
    backbone=dict(size=(42, 42), channels=64),
    head=dict(in_channels=64 * 6 * 6),
)

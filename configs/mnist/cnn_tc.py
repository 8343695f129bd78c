"""CNN on TC: digits anywhere in clutter.

python tools/train.py configs/mnist/cnn_tc.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.95 % (the paper: 3.5), seed 0, 25 epochs.
"""

_base_ = [
    '../_base_/mnist_tc.py',
    '../_base_/digit_cnn.py',
    '../_base_/mnist_25e.py',
]

model = dict(
    backbone=dict(size=(60, 60), channels=64),
    head=dict(in_channels=64 * 10 * 10),
)

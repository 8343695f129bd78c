"""FCN on TC: digits anywhere in clutter.

python tools/train.py configs/mnist/fcn_tc.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 16.98 % (the paper: 13.2), seed 0, 60 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_tc.py',
    '../_base_/digit_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(size=(60, 60), hidden_dim=107), head=dict(in_channels=107)
)

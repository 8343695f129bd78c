"""FCN on E: digits bent by a spline.

python tools/train.py configs/mnist/fcn_e.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 2.10 % (the paper: 3.2), seed 0, 60 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_e.py',
    '../_base_/digit_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(size=(42, 42), hidden_dim=202), head=dict(in_channels=202)
)

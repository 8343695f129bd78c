"""FCN on R: digits turned by up to 90 degrees.

python tools/train.py configs/mnist/fcn_r.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.67 % (the paper: 2.1), seed 0, 60 epochs.
"""

_base_ = [
    '../_base_/mnist_r.py',
    '../_base_/digit_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(size=(28, 28), hidden_dim=349), head=dict(in_channels=349)
)

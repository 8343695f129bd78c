"""FCN on P: digits seen in perspective.

python tools/train.py configs/mnist/fcn_p.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 3.64 % (the paper: 3.1), seed 0, 60 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_p.py',
    '../_base_/digit_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(size=(42, 42), hidden_dim=202), head=dict(in_channels=202)
)

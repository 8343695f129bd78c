"""CNN on RTS: digits turned, scaled and placed at random.

python tools/train.py configs/mnist/cnn_rts.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.01 % (the paper: 0.8), seed 0, 25 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_rts.py',
    '../_base_/digit_cnn.py',
    '../_base_/mnist_25e.py',
]

model = dict(
    backbone=dict(size=(42, 42), channels=64),
    head=dict(in_channels=64 * 6 * 6),
)

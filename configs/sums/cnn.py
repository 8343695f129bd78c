"""CNN on the sum of two digits.

python tools/train.py configs/sums/cnn.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 21.36 % (the paper: 14.7), seed 0, 40 epochs in bfloat16.
"""

_base_ = '../_base_/sums.py'

model = dict(
    backbone=dict(
        type='mmstn.DigitCNN', size=(42, 42), channels=64, in_channels=2
    ),
    head=dict(in_channels=64 * 6 * 6),
)

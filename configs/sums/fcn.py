"""FCN on the sum of two digits.

python tools/train.py configs/sums/fcn.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 44.95 % (the paper: 47.7), seed 0, 40 epochs in bfloat16.
"""

_base_ = '../_base_/sums.py'

model = dict(
    backbone=dict(
        type='mmstn.DigitFCN', size=(42, 42), hidden_dim=109, in_channels=2
    ),
    head=dict(in_channels=109),
)

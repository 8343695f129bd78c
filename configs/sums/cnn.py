"""CNN on the sum of two digits.

python tools/train.py configs/sums/cnn.py

Source: Jaderberg et al. 2015, appendix A.1.
Ours: a fully connected layer behind the convolutions. A linear classifier on
64 channels had an error of 21.4 % after as many epochs: a sum is not linear in
what is seen of either digit.
Result: an error of 4.80 % (the paper: 14.7), seed 0, 40 epochs in bfloat16.
"""

_base_ = '../_base_/sums.py'

model = dict(
    backbone=dict(
        type='mmstn.PlainNet',
        size=(42, 42),
        in_channels=2,
        steps=[
            dict(conv=32, kernel=9),
            dict(pool='max', size=2),
            dict(conv=64, kernel=7),
            dict(pool='max', size=2),
            dict(fc=128),
        ],
    ),
    head=dict(in_channels=128),
)
custom_hooks = [dict(type='mmstn.ChannelsLastHook')]

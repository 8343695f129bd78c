"""ST-FCN-Aff on RTS: digits turned, scaled and placed at random.

python tools/train.py configs/mnist/st_fcn_aff_rts.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.06 % (the paper: 0.8), seed 0, 60 epochs.
"""

_base_ = [
    '../_base_/mnist_rts.py',
    '../_base_/digit_st_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(
        backbone=dict(size=(56, 56), hidden_dim=308, downsample=2),
        transformers=dict(
            localisation=dict(trunk=dict(size=(42, 42))),
            grid=dict(type='mmstn.AffineGrid', size=(56, 56)),
        ),
    ),
    head=dict(in_channels=308),
)
test_evaluator = [dict(type='Accuracy'), dict(type='mmstn.PoseUndone')]

"""ST-FCN-Aff on TC: digits anywhere in clutter.

python tools/train.py configs/mnist/st_fcn_aff_tc.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 2.01 % (the paper: 2.0), seed 0, 60 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_tc.py',
    '../_base_/digit_st_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(
        backbone=dict(size=(60, 60), hidden_dim=244, downsample=2),
        transformers=dict(
            localisation=dict(trunk=dict(size=(60, 60))),
            grid=dict(type='mmstn.AffineGrid', size=(60, 60)),
        ),
    ),
    head=dict(in_channels=244),
)
test_evaluator = [dict(type='Accuracy'), dict(type='mmstn.PoseUndone')]

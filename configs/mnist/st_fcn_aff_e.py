"""ST-FCN-Aff on E: digits bent by a spline.

python tools/train.py configs/mnist/st_fcn_aff_e.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.49 % (the paper: 2.7), seed 0, 60 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_e.py',
    '../_base_/digit_st_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(
        backbone=dict(size=(42, 42), hidden_dim=174),
        transformers=dict(
            localisation=dict(trunk=dict(size=(42, 42))),
            grid=dict(type='mmstn.AffineGrid', size=(42, 42)),
        ),
    ),
    head=dict(in_channels=174),
)

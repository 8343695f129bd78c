"""ST-FCN-Aff on R: digits turned by up to 90 degrees.

python tools/train.py configs/mnist/st_fcn_aff_r.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.12 % (the paper: 1.2), seed 0, 60 epochs.
"""

_base_ = [
    '../_base_/mnist_r.py',
    '../_base_/digit_st_fcn.py',
    '../_base_/mnist_60e.py',
]

model = dict(
    backbone=dict(
        backbone=dict(size=(28, 28), hidden_dim=330),
        transformers=dict(
            localisation=dict(trunk=dict(size=(28, 28))),
            grid=dict(type='mmstn.AffineGrid', size=(28, 28)),
        ),
    ),
    head=dict(in_channels=330),
)
test_evaluator = [dict(type='Accuracy'), dict(type='mmstn.PoseUndone')]

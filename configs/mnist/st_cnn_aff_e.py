"""ST-CNN-Aff on E: digits bent by a spline.

python tools/train.py configs/mnist/st_cnn_aff_e.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.80 % (the paper: 1.2), seed 0, 25 epochs.
"""

_base_ = [
    '../_base_/mnist_e.py',
    '../_base_/digit_st_cnn.py',
    '../_base_/mnist_25e.py',
]

model = dict(
    backbone=dict(
        backbone=dict(size=(42, 42), channels=61),
        transformers=dict(
            localisation=dict(trunk=dict(size=(42, 42))),
            grid=dict(type='mmstn.AffineGrid', size=(42, 42)),
        ),
    ),
    head=dict(in_channels=61 * 6 * 6),
)

"""ST-CNN-Aff on P: digits seen in perspective.

python tools/train.py configs/mnist/st_cnn_aff_p.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.55 % (the paper: 0.8), seed 0, 25 epochs.
"""

_base_ = [
    '../_base_/mnist_p.py',
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

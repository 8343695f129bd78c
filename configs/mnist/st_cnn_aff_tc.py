"""ST-CNN-Aff on TC: digits anywhere in clutter.

python tools/train.py configs/mnist/st_cnn_aff_tc.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.15 % (the paper: 1.7), seed 0, 25 epochs.
"""

_base_ = [
    '../_base_/mnist_tc.py',
    '../_base_/digit_st_cnn.py',
    '../_base_/mnist_25e.py',
]

model = dict(
    backbone=dict(
        backbone=dict(size=(60, 60), channels=64, downsample=2),
        transformers=dict(
            localisation=dict(trunk=dict(size=(60, 60))),
            grid=dict(type='mmstn.AffineGrid', size=(60, 60)),
        ),
    ),
    head=dict(in_channels=64 * 3 * 3),
)
test_evaluator = [dict(type='Accuracy'), dict(type='mmstn.PoseUndone')]

"""ST-CNN-Aff on RTS: digits turned, scaled and placed at random.

python tools/train.py configs/mnist/st_cnn_aff_rts.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.71 % (the paper: 0.5), seed 0, 25 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_rts.py',
    '../_base_/digit_st_cnn.py',
    '../_base_/mnist_25e.py',
]

model = dict(
    backbone=dict(
        backbone=dict(size=(56, 56), channels=64, downsample=2),
        transformers=dict(
            localisation=dict(trunk=dict(size=(42, 42))),
            grid=dict(type='mmstn.AffineGrid', size=(56, 56)),
        ),
    ),
    head=dict(in_channels=64 * 2 * 2),
)
test_evaluator = [dict(type='Accuracy'), dict(type='mmstn.PoseUndone')]

"""ST-CNN-Aff on R: digits turned by up to 90 degrees.

python tools/train.py configs/mnist/st_cnn_aff_r.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.83 % (the paper: 0.7), seed 0, 25 epochs in bfloat16.
"""

_base_ = [
    '../_base_/mnist_r.py',
    '../_base_/digit_st_cnn.py',
    '../_base_/mnist_25e.py',
]

model = dict(
    backbone=dict(
        backbone=dict(size=(28, 28), channels=62),
        transformers=dict(
            localisation=dict(trunk=dict(size=(28, 28))),
            grid=dict(type='mmstn.AffineGrid', size=(28, 28)),
        ),
    ),
    head=dict(in_channels=62 * 2 * 2),
)
test_evaluator = [dict(type='Accuracy'), dict(type='mmstn.PoseUndone')]

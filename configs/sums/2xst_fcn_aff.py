"""2xST-FCN-Aff on the sum of two digits: two transformers in parallel.

python tools/train.py configs/sums/2xst_fcn_aff.py

Each starts with the middle 28 pixels of 42, which hold one digit, moved two
pixels to either side. With the whole canvas, where both digits fit, both
settled between the two (32.4 % after 20 epochs). Each has a localiser of its
own: with a shared one both followed the average of the two digits in five runs
of six, and were right on some 75 % of sums after 24 epochs; so each comes to
follow a digit of its own, and 87 % of held-out sums are right after 8.

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 4.69 % (the paper: 9.0), seed 0, 40 epochs in bfloat16.
"""

_base_ = 'st_fcn_aff.py'


def localiser():
    """Return one of two localisers, with half the units each."""
    return dict(
        trunk=dict(
            type='mmstn.PlainNet',
            size=(42, 42),
            in_channels=2,
            steps=[
                dict(pool='avg', size=2),
                dict(conv=20, kernel=5),
                dict(pool='max', size=2),
                dict(conv=20, kernel=5),
                dict(fc=64),
            ],
        ),
    )


model = dict(
    backbone=dict(
        backbone=dict(hidden_dim=160, in_channels=4),
        transformers=dict(
            type='mmstn.ParallelSpatialTransformer',
            num_transformers=2,
            localisation=[localiser(), localiser()],
            starts=[[2 / 3, 0, x, 0, 2 / 3, 0] for x in (-0.1, 0.1)],
        ),
    ),
    head=dict(in_channels=160),
)

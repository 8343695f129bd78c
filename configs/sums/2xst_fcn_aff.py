"""2xST-FCN-Aff on the sum of two digits: two transformers in parallel.

python tools/train.py configs/sums/2xst_fcn_aff.py

Each starts with the middle 28 pixels of 42, which hold one digit, moved two
pixels to either side. With the whole canvas, where both digits fit, both
settled between the two (32.4 % after 20 epochs). So each comes to follow a
digit of its own.

Source: Jaderberg et al. 2015, appendix A.1.
Result: not run yet.
"""

_base_ = 'st_fcn_aff.py'

model = dict(
    backbone=dict(
        backbone=dict(hidden_dim=165, in_channels=4),
        transformers=dict(
            type='mmstn.ParallelSpatialTransformer',
            num_transformers=2,
            starts=[[2 / 3, 0, x, 0, 2 / 3, 0] for x in (-0.1, 0.1)],
        ),
    ),
    head=dict(in_channels=165),
)

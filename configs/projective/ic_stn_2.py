"""Iterative STN of 2 steps on digits seen in any perspective.

python tools/train.py configs/projective/ic_stn_2.py

Source: Tai et al. 2019, section 5.1, with the steps of Lin and Lucey 2017.
Result: an error of 4.26 %, seed 0, 60 epochs in bfloat16.
"""

_base_ = 'stn.py'

model = dict(
    backbone=dict(
        transformers=dict(
            type='mmstn.IterativeSpatialTransformer', num_steps=2
        )
    )
)

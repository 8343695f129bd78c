"""A transformer of two steps before a small CNN, signs under corner noise.

python tools/train.py configs/signs/ic_stn_2_noise.py

Source: Lin and Lucey 2017; the network is ours.
Result: an error of 16.93 ± 1.61 %, 3 seeds, 40 epochs in bfloat16.
"""

_base_ = 'stn_noise.py'

model = dict(
    backbone=dict(
        transformers=dict(
            type='mmstn.IterativeSpatialTransformer', num_steps=2
        )
    )
)

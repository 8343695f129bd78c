"""A transformer of four steps before a small CNN, signs under corner noise.

python tools/train.py configs/signs/ic_stn_4_noise.py

Source: Lin and Lucey 2017; the network is ours.
Result: an error of 14.73 ± 0.93 %, 3 seeds, 40 epochs in bfloat16.
"""

_base_ = 'stn_noise.py'

model = dict(
    backbone=dict(
        transformers=dict(
            type='mmstn.IterativeSpatialTransformer', num_steps=4
        )
    )
)

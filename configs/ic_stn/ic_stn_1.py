"""IC-STN of one step on MNIST under corner noise.

python tools/train.py configs/ic_stn/ic_stn_1.py

Source: Lin and Lucey 2017, table 1.
Result: an error of 2.87 % (the paper: 3.69), seed 0, 60 epochs in bfloat16.
"""

_base_ = 'stn.py'

model = dict(
    backbone=dict(
        transformers=dict(
            type='mmstn.IterativeSpatialTransformer', num_steps=1
        )
    )
)

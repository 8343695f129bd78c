"""IC-STN of two steps on MNIST under corner noise.

python tools/train.py configs/ic_stn/ic_stn_2.py

Source: Lin and Lucey 2017, table 1.
Result: an error of 1.02 % (the paper: 1.91), seed 0, 60 epochs in bfloat16.
"""

_base_ = 'ic_stn_1.py'

model = dict(backbone=dict(transformers=dict(num_steps=2)))

"""A transformer of four steps before a small CNN, signs under corner noise.

python tools/train.py configs/signs/ic_stn_4_noise.py

Source: Lin and Lucey 2017; the network is ours.
"""

_base_ = 'ic_stn_2_noise.py'

model = dict(backbone=dict(transformers=dict(num_steps=4)))

"""A probabilistic transformer before a small CNN, signs under corner noise.

python tools/train.py configs/signs/pstn_noise.py

Source: Lin and Lucey 2017; the network is ours.
Result: an error of 23.11 ± 1.22 %, 3 seeds, 40 epochs in bfloat16.
"""

_base_ = ['../_base_/signs_noise.py', '../_base_/sign_pstn.py']

# noise that is fresh in each epoch is enough against overfitting
model = dict(head=dict(dropout=0.0))

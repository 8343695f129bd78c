"""Two parallel transformers and Inceptions, CUB-200-2011 at 448 pixels.

python tools/train.py configs/stn_cub_2x.py

As stn_cub_4x.py otherwise: data set, weights, schedule.
Source: Jaderberg et al. 2015, section 4.3 and appendix A.6.
Expected: an accuracy of 83.9 %, the paper's.
Result: not run yet.
"""

_base_ = ['stn_cub_4x.py']

model = dict(
    backbone=dict(transformer=dict(num_transformers=2)),
    head=dict(in_channels=2 * 1024),
)

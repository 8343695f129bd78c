"""ST-FCN-Proj on the sum of two digits.

python tools/train.py configs/sums/st_fcn_proj.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 15.31 % (the paper: 18.5), seed 0, 40 epochs in bfloat16.
"""

_base_ = 'st_fcn_aff.py'

model = dict(
    backbone=dict(transformers=dict(grid=dict(type='mmstn.ProjectiveGrid')))
)

"""ST-FCN-Proj on P: digits seen in perspective.

python tools/train.py configs/mnist/st_fcn_proj_p.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.90 % (the paper: 1.4), seed 0, 60 epochs in bfloat16.
"""

_base_ = 'st_fcn_aff_p.py'

model = dict(
    backbone=dict(transformers=dict(grid=dict(type='mmstn.ProjectiveGrid')))
)

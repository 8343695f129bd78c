"""ST-FCN-Proj on RTS: digits turned, scaled and placed at random.

python tools/train.py configs/mnist/st_fcn_proj_rts.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.97 % (the paper: 0.9), seed 0, 60 epochs.
"""

_base_ = 'st_fcn_aff_rts.py'

model = dict(
    backbone=dict(transformers=dict(grid=dict(type='mmstn.ProjectiveGrid')))
)

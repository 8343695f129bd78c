"""ST-CNN-Proj on E: digits bent by a spline.

python tools/train.py configs/mnist/st_cnn_proj_e.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.85 % (the paper: 1.3), seed 0, 25 epochs.
"""

_base_ = 'st_cnn_aff_e.py'

model = dict(
    backbone=dict(transformers=dict(grid=dict(type='mmstn.ProjectiveGrid')))
)

"""ST-FCN-TPS on E: digits bent by a spline.

python tools/train.py configs/mnist/st_fcn_tps_e.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.45 % (the paper: 2.4), seed 0, 60 epochs in bfloat16.
"""

_base_ = 'st_fcn_aff_e.py'

model = dict(backbone=dict(transformers=dict(grid=dict(type='mmstn.TPSGrid'))))

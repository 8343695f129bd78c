"""ST-FCN-TPS on R: digits turned by up to 90 degrees.

python tools/train.py configs/mnist/st_fcn_tps_r.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 1.09 % (the paper: 1.1), seed 0, 60 epochs.
"""

_base_ = 'st_fcn_aff_r.py'

model = dict(backbone=dict(transformers=dict(grid=dict(type='mmstn.TPSGrid'))))

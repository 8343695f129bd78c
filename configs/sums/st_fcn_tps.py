"""ST-FCN-TPS on the sum of two digits.

python tools/train.py configs/sums/st_fcn_tps.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 14.42 % (the paper: 19.1), seed 0, 40 epochs in bfloat16.
"""

_base_ = 'st_fcn_aff.py'

model = dict(backbone=dict(transformers=dict(grid=dict(type='mmstn.TPSGrid'))))

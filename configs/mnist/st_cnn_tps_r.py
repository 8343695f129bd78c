"""ST-CNN-TPS on R: digits turned by up to 90 degrees.

python tools/train.py configs/mnist/st_cnn_tps_r.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.80 % (the paper: 0.7), seed 0, 25 epochs in bfloat16.
"""

_base_ = 'st_cnn_aff_r.py'

model = dict(backbone=dict(transformers=dict(grid=dict(type='mmstn.TPSGrid'))))

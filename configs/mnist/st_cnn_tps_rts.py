"""ST-CNN-TPS on RTS: digits turned, scaled and placed at random.

python tools/train.py configs/mnist/st_cnn_tps_rts.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.63 % (the paper: 0.5), seed 0, 25 epochs in bfloat16.
"""

_base_ = 'st_cnn_aff_rts.py'

model = dict(backbone=dict(transformers=dict(grid=dict(type='mmstn.TPSGrid'))))

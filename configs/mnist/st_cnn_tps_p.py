"""ST-CNN-TPS on P: digits seen in perspective.

python tools/train.py configs/mnist/st_cnn_tps_p.py

Source: Jaderberg et al. 2015, table 1 and appendix A.4.
Result: an error of 0.47 % (the paper: 0.8), seed 0, 25 epochs.
"""

_base_ = 'st_cnn_aff_p.py'

model = dict(backbone=dict(transformers=dict(grid=dict(type='mmstn.TPSGrid'))))

"""ST-FCN-TPS on the sum of two digits.

python tools/train.py configs/sums/st_fcn_tps.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 23.3 % (the paper has 19.1), after 20 epochs, by
--cfg-options train_cfg.max_epochs=20 param_scheduler.milestones="[16,19]".
"""

_base_ = 'st_fcn_aff.py'

model = dict(backbone=dict(transformers=dict(grid=dict(type='mmstn.TPSGrid'))))

"""CNN on the sum of two digits.

python tools/train.py configs/sums/cnn.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 48.6 % (the paper has 14.7), after 8 epochs, by
--cfg-options train_cfg.max_epochs=8 param_scheduler.milestones="[6,8]".
"""

_base_ = '../_base_/sums.py'

model = dict(
    backbone=dict(
        type='mmstn.DigitCNN', size=(42, 42), channels=64, in_channels=2
    ),
    head=dict(in_channels=64 * 6 * 6),
)

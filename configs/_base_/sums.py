"""The sum of two digits, each in a channel of its own.

Source: Jaderberg et al. 2015, appendix A.1: digits as in RTS, 42x42 pixels;
one transformer, or two in parallel, each of which sees and warps both
channels, before two fully connected layers and the classifier.
Ours, where the paper is silent:
- 40 epochs of Adam instead of the 640 of SGD it has for single digits; the
  localiser at three tenths of the rate: at the full one ST-FCN-Aff learnt
  nothing;
- the localiser of its CNNs for single digits, with 32 units; the output of the
  transformers is averaged 2x2, as the paper does on RTS;
- the fully connected models have 400k parameters, within 1 %, the CNN of 64
  channels 255k.
"""

_base_ = 'digits.py'

train_dataloader = dict(
    batch_size=64,
    dataset=dict(type='mmstn.DigitPairs', data_root='data/mnist'),
)
val_dataloader = dict(
    dataset=dict(type='mmstn.DigitPairs', data_root='data/mnist'),
)
test_dataloader = val_dataloader

model = dict(
    type='ImageClassifier',
    init_cfg=dict(type='Kaiming', mode='fan_in', layer=['Conv2d', 'Linear']),
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    head=dict(type='LinearClsHead', num_classes=19, topk=(1,), cal_acc=True),
)

optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=1e-3),
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.3)}),
)
param_scheduler = dict(type='MultiStepLR', milestones=[32, 38], gamma=0.2)
train_cfg = dict(by_epoch=True, max_epochs=40, val_interval=4)
auto_scale_lr = dict(base_batch_size=64)
default_hooks = dict(checkpoint=dict(interval=4, max_keep_ckpts=1))

"""The sum of two digits, each in a channel of its own.

Source: Jaderberg et al. 2015, appendix A.1: digits as in RTS, 42x42 pixels;
one transformer, or two in parallel, each of which sees and warps both
channels, before two fully connected layers and the classifier.
Ours, where the paper is silent:
- 40 epochs of AdamW and a cosine instead of the 640 of SGD it has for single
  digits, the localiser at three tenths of the rate, chosen on the last 5,000
  digits for training, held out, in runs of 24 epochs;
- the localiser of its CNNs for single digits, with 128 units in all instead of
  20; the output of the transformers is averaged 2x2, as the paper does on RTS;
- all have 400k parameters, within 1 %.
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
    optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.01, fused=True),
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.3)}),
    clip_grad=dict(max_norm=5),
)
param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.01, end=1, convert_to_iter_based=True
    ),
    dict(
        type='CosineAnnealingLR',
        begin=1,
        end=40,
        T_max=39,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=40, val_interval=4)
auto_scale_lr = dict(base_batch_size=64)
default_hooks = dict(checkpoint=dict(interval=4, max_keep_ckpts=1))

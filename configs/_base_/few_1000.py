"""1,000 digits to train on."""

_base_ = 'few_digits.py'

train_dataloader = dict(batch_size=20, dataset=dict(num_digits=1000))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=4,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=4,
        end=80,
        T_max=76,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=80, val_interval=80)
auto_scale_lr = dict(base_batch_size=20)
default_hooks = dict(checkpoint=dict(interval=80))

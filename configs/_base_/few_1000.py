"""1,000 digits to train on."""

_base_ = 'few_digits.py'

train_dataloader = dict(batch_size=20, dataset=dict(num_digits=1000))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=6,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=6,
        end=120,
        T_max=114,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=120, val_interval=120)
auto_scale_lr = dict(base_batch_size=20)
default_hooks = dict(checkpoint=dict(interval=120))

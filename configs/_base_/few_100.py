"""100 digits to train on."""

_base_ = 'few_digits.py'

train_dataloader = dict(batch_size=10, dataset=dict(num_digits=100))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=10,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=10,
        end=200,
        T_max=190,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=200, val_interval=200)
auto_scale_lr = dict(base_batch_size=10)
default_hooks = dict(checkpoint=dict(interval=200))

"""3,000 digits to train on."""

_base_ = 'few_digits.py'

train_dataloader = dict(batch_size=40, dataset=dict(num_digits=3000))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=5,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=5,
        end=100,
        T_max=95,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=100)
auto_scale_lr = dict(base_batch_size=40)
default_hooks = dict(checkpoint=dict(interval=100))

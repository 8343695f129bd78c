"""Three digits on a slope in clutter, read one after the other.

Source: Sonderby et al. 2015, and their code: sequences on 100x100 pixels; a
transformer outputs 100/d pixels a side, d=2 here, an argument of `network` in
the configs; gradients cut at a norm of 5. Ours:
- drawn afresh in each epoch, where theirs are one set of 60,000, on which the
  order is theirs too (configs/README.md): `--cfg-options
  train_dataloader.dataset.copies=1`; the last epoch counts;
- 20 epochs of AdamW and a cosine where they have up to 300 of RMSprop; chosen
  on the last 5,000 digits for training, held out, in runs of 10 epochs, or 20;
- localisers at .3 of the rate: see spn.py.
"""

_base_ = 'digits.py'

train_dataloader = dict(
    batch_size=100,
    dataset=dict(type='mmstn.DigitSequences', data_root='data/mnist'),
)
val_dataloader = dict(
    batch_size=250,
    dataset=dict(type='mmstn.DigitSequences', data_root='data/mnist'),
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, type='mmstn.SequenceAccuracy')
test_evaluator = val_evaluator

model = dict(
    type='ImageClassifier',
    init_cfg=dict(type='Xavier', layer=['Conv2d', 'Linear']),
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    head=dict(
        type='mmstn.DigitSequenceHead',
        in_channels=400,
        num_digits=3,
        num_classes=10,
    ),
)
custom_hooks = [dict(type='mmstn.ChannelsLastHook')]

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.05, fused=True),
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
        end=20,
        T_max=19,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=5)
auto_scale_lr = dict(base_batch_size=100)
default_hooks = dict(checkpoint=dict(interval=5, max_keep_ckpts=1))

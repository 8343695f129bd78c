"""MNIST seen in any perspective, from 10,000 digits, by 88k parameters.

Source: Tai et al. 2019, section 5.1, and their code: each digit of 28x28
pixels is scaled, sheared, turned by any angle and tilted on 64x64; 10,000
digits for training in 8 copies each, the 10,000 test digits in 8 copies. Ours:
- the first 10,000 digits, one copy of them an epoch; each test digit once;
- own draws, read linearly, where theirs are read by a cubic;
- the schedule of the other digits, over 60 such epochs, the localisers at
  three tenths of the rate, as under corner noise.
"""

_base_ = ['mnist.py', 'mnist_60e.py']

train_dataloader = dict(
    dataset=dict(distortion='projective', indices=10_000, copies=8)
)
val_dataloader = dict(
    dataset=dict(
        distortion='projective',
        pipeline=[dict(type='mmstn.PackDigits', canvas=64)],
    )
)
test_dataloader = val_dataloader

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    head=dict(type='LinearClsHead', num_classes=10, topk=(1,), cal_acc=True),
)
custom_hooks = [dict(type='mmstn.ChannelsLastHook')]

optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.3)})
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=3,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=3,
        end=60,
        T_max=57,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=60, val_interval=20)
default_hooks = dict(checkpoint=dict(interval=20, max_keep_ckpts=1))

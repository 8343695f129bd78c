"""BN-Inception and the schedule of Jaderberg et al. 2015 for the birds."""

_base_ = ['mmpretrain::_base_/default_runtime.py']

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(  # as the ImageNet weights were trained: BGR
        num_classes=200, mean=[104, 117, 128], std=[1, 1, 1], to_rgb=False
    ),
    backbone=dict(
        type='mmstn.InceptionV2',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/inception_v2_in1k.pth',
            prefix='backbone.',
        ),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='mmstn.DropoutLinearHead',
        num_classes=200,
        in_channels=1024,
        dropout=0.7,
        topk=(1,),
    ),
)

optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-5)
)
param_scheduler = dict(
    type='MultiStepLR', by_epoch=False, milestones=[10000, 20000, 25000]
)
train_cfg = dict(by_epoch=False, max_iters=30000, val_interval=1000)
auto_scale_lr = dict(base_batch_size=256)

default_hooks = dict(
    checkpoint=dict(by_epoch=False, interval=1000, max_keep_ckpts=1)
)
log_processor = dict(by_epoch=False)
randomness = dict(seed=0)

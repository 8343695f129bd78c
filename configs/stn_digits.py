"""One affine transformer before a CNN, on scikit-learn's digits.

python tools/train.py configs/stn_digits.py

The 1,797 handwritten digits that come with scikit-learn, turned, scaled and
placed on a canvas of 42x42 pixels (RTS): nothing to download, under three
minutes on two CPU cores.
Source: Jaderberg et al. 2015, section 4.1, with other digits and a CNN of 32
filters a layer.
Result: 96.6 % accuracy on the 500 test digits, seed 0.
"""

_base_ = ['mmpretrain::_base_/default_runtime.py']

train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    collate_fn=dict(type='mmstn.batch_collate'),
    sampler=dict(type='mmstn.EpochSampler', shuffle=True),
    dataset=dict(
        type='mmstn.BundledDigits',
        distortion='RTS',
        split='train',
        pipeline=[dict(type='mmstn.PackDigits', canvas=42)],
    ),
)
val_dataloader = dict(
    batch_size=250,
    num_workers=0,
    collate_fn=dict(type='mmstn.batch_collate'),
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmstn.BundledDigits',
        distortion='RTS',
        split='test',
        pipeline=[dict(type='mmstn.PackDigits', canvas=42)],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    backbone=dict(
        type='mmstn.STNBackbone',
        backbone=dict(type='mmstn.DigitCNN', size=(42, 42), filters=32),
        transformers=[
            dict(
                type='mmstn.SpatialTransformer',
                localisation=dict(
                    in_features=20,
                    trunk=dict(
                        type='mmstn.PlainNet',
                        size=(42, 42),
                        steps=[
                            dict(avg=2),
                            dict(conv=20, kernel=5),
                            dict(max=2),
                            dict(conv=20, kernel=5),
                            dict(fc=20),
                        ],
                    ),
                ),
                grid=dict(type='mmstn.AffineGrid', size=(42, 42)),
            )
        ],
    ),
    head=dict(
        type='LinearClsHead',
        num_classes=10,
        in_channels=32 * 6 * 6,
        cal_acc=True,
        topk=(1,),
    ),
)

optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01, momentum=0.9))
param_scheduler = dict(
    type='CosineAnnealingLR',
    T_max=50,
    by_epoch=True,
    convert_to_iter_based=True,
)
train_cfg = dict(by_epoch=True, max_epochs=50, val_interval=10)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=64)

custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]
default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(interval=10, max_keep_ckpts=1),
)
randomness = dict(seed=0)

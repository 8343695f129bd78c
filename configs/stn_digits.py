"""One affine transformer before a CNN, on scikit-learn's digits.

python tools/train.py configs/stn_digits.py

The 1,797 handwritten digits that come with scikit-learn, turned, scaled and
placed on a canvas of 42x42 pixels (RTS): nothing to download, under three
minutes on two CPU cores.
Source: Jaderberg et al. 2015, section 4.1, with other digits and a CNN of 32
filters a layer.
Result: not run yet.
"""

_base_ = '_base_/digits.py'

train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(type='mmstn.BundledDigits', distortion='RTS'),
)
val_dataloader = dict(
    batch_size=250,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        type='mmstn.BundledDigits',
        distortion='RTS',
        pipeline=[dict(type='mmstn.PackDigits', canvas=42)],
    ),
)
test_dataloader = val_dataloader

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    backbone=dict(
        type='mmstn.STNBackbone',
        backbone=dict(type='mmstn.DigitCNN', size=(42, 42), channels=32),
        transformers=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                trunk=dict(
                    type='mmstn.PlainNet',
                    size=(42, 42),
                    steps=[
                        dict(pool='avg', size=2),
                        dict(conv=20, kernel=5),
                        dict(pool='max', size=2),
                        dict(conv=20, kernel=5),
                        dict(fc=20),
                    ],
                ),
            ),
            grid=dict(type='mmstn.AffineGrid', size=(42, 42)),
        ),
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
auto_scale_lr = dict(base_batch_size=64)

custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]
default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(interval=10, max_keep_ckpts=1),
)

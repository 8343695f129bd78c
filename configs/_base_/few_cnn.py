"""A small convolutional classifier of digits, without a transformer."""

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    backbone=dict(
        type='mmstn.PlainNet',
        size=(28, 28),
        steps=[
            dict(conv=16, kernel=5),
            dict(pool='max', size=2),
            dict(conv=32, kernel=5),
            dict(pool='max', size=2),
            dict(fc=71),
            dict(dropout=0.5),
        ],
    ),
    head=dict(
        type='LinearClsHead',
        num_classes=10,
        in_channels=71,
        topk=(1,),
        cal_acc=True,
    ),
)
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05),
    clip_grad=dict(max_norm=5.0),
)

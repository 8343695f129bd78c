"""A small convolutional classifier of signs, without a transformer."""

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        num_classes=43, mean=[128] * 3, std=[50] * 3, to_rgb=True
    ),
    backbone=dict(
        type='mmstn.PlainNet',
        size=(36, 36),
        in_channels=3,
        steps=[
            dict(conv=16, kernel=5),
            dict(pool='max', size=2),
            dict(conv=32, kernel=5),
            dict(pool='max', size=2),
            dict(fc=84),
        ],
    ),
    head=dict(
        type='mmstn.DropoutLinearHead',
        num_classes=43,
        in_channels=84,
        dropout=0.5,
        topk=(1,),
    ),
)
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.05),
    clip_grad=dict(max_norm=5.0),
)

"""The paper's convolutional classifier of digits, without a transformer."""

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    backbone=dict(type='mmstn.DigitCNN'),
    head=dict(type='LinearClsHead', num_classes=10, topk=(1,), cal_acc=True),
)
custom_hooks = [dict(type='mmstn.ChannelsLastHook')]

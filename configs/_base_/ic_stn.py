"""MNIST under corner noise, by networks of 39k parameters.

Source: Lin and Lucey 2017, and their code: the corners of what is read move,
afresh for each sample; the layers of all networks, equal in parameters. They
train by SGD, in batches of 100 or 200, for 100,000 to 500,000 iterations; ours
is the schedule of the other digits, AdamW and a cosine, for all alike.
"""

_base_ = ['mnist.py', 'mnist_60e.py']

train_dataloader = dict(dataset=dict(distortion='corners'))
val_dataloader = dict(
    dataset=dict(
        distortion='corners',
        pipeline=[dict(type='mmstn.PackDigits', canvas=28)],
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

"""What the experiments on MNIST share: how samples come, and what is counted.

A config gives both loaders a ``dataset``, and that of training a batch size.
"""

_base_ = ['mmpretrain::_base_/default_runtime.py']

train_dataloader = dict(
    num_workers=2,
    persistent_workers=True,
    collate_fn=dict(type='mmstn.batch_collate'),
    sampler=dict(type='mmstn.EpochSampler', shuffle=True),
    dataset=dict(split='train', data_root='data/mnist'),
)
val_dataloader = dict(
    batch_size=1000,
    num_workers=2,
    persistent_workers=True,
    collate_fn=dict(type='mmstn.batch_collate'),
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='test', data_root='data/mnist'),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()

model = dict(
    type='ImageClassifier',
    head=dict(type='LinearClsHead', topk=(1,), cal_acc=True),
)
randomness = dict(seed=0)

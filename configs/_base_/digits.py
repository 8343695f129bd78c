"""What experiments on digits share: how samples are loaded, and the metric.

Samples are made a batch at a time, afresh in each epoch. A config names the
data set of both loaders, and the batch size of training.
"""

_base_ = 'mmpretrain::_base_/default_runtime.py'

train_dataloader = dict(
    num_workers=2,
    persistent_workers=True,
    collate_fn=dict(type='mmstn.batch_collate'),
    sampler=dict(type='mmstn.EpochSampler', shuffle=True),
    dataset=dict(split='train', pipeline=[dict(type='mmstn.PackDigits')]),
)
val_dataloader = dict(
    batch_size=1000,
    num_workers=2,
    persistent_workers=True,
    collate_fn=dict(type='mmstn.batch_collate'),
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='test', pipeline=[dict(type='mmstn.PackDigits')]),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()
randomness = dict(seed=0)

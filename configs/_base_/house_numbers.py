"""What house numbers share, of SVHN or made: loading, head and metric.

A config names the folder of the crops and their size.
"""

_base_ = 'mmpretrain::_base_/default_runtime.py'


def loader(split, shuffle):
    """Return a loader of one split."""
    return dict(
        persistent_workers=True,
        collate_fn=dict(type='default_collate'),
        sampler=dict(type='DefaultSampler', shuffle=shuffle),
        dataset=dict(
            type='mmstn.HouseNumbers',
            split=split,
            pipeline=[dict(type='LoadImageFromFile'), dict(type='PackInputs')],
        ),
    )


train_dataloader = loader('train', shuffle=True)
val_dataloader = loader('val', shuffle=False)
test_dataloader = loader('test', shuffle=False)
val_evaluator = dict(type='mmstn.SequenceAccuracy')
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        mean=[127.5, 127.5, 127.5], std=[63.75, 63.75, 63.75], to_rgb=True
    ),
    head=dict(type='mmstn.DigitSequenceHead'),
)
randomness = dict(seed=0)

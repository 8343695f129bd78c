"""Traffic signs: GTSRB as an image folder, and the schedule of every model.

data/gtsrb has train/ and test/, in each a folder for each of 43 classes:
MMPretrain's CustomDataset, as for any pictures of your own. The names of files
begin with that of a track, one real sign photographed while driving past, by
day or at dusk: every image gets the same brightness and contrast.

Source: Stallkamp et al. 2012. The last epoch counts. The results are of a
subset: both splits are tracks of the official images for training, frames 0,
7, 14, 21 and 29, shrunk to 64 pixels; errors published on the whole set are of
other images.
"""

_base_ = 'mmpretrain::_base_/default_runtime.py'


def loader(split, shuffle):
    """Return a loader of the signs in a folder of data/gtsrb."""
    return dict(
        batch_size=64,
        num_workers=2,
        persistent_workers=True,
        sampler=dict(type='DefaultSampler', shuffle=shuffle),
        dataset=dict(
            type='CustomDataset',
            data_root='data/gtsrb',
            data_prefix=split,
            pipeline=[
                dict(type='LoadImageFromFile'),
                dict(type='Resize', scale=(36, 36)),
                dict(type='mmstn.Standardise'),
                dict(type='PackInputs'),
            ],
        ),
    )


train_dataloader = loader('train', shuffle=True)
val_dataloader = loader('test', shuffle=False)
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()

param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=4,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=4,
        end=40,
        T_max=36,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=40, val_interval=40)
auto_scale_lr = dict(base_batch_size=64)
default_hooks = dict(checkpoint=dict(interval=40))
randomness = dict(seed=0)

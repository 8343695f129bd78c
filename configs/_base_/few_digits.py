"""A few digits of MNIST, as they are, to train on; all test digits.

MNIST is downloaded into data/mnist at the first run. There are five folds to
report, 0 to 4, of each size, chosen by
--cfg-options train_dataloader.dataset.fold=3

Source: Schwoebel et al. 2022, who train on 100, 1,000 and 3,000 digits. Ours:
the network, and one schedule for every model of a size. Chosen on digits of
the training set that are in none of the five folds. The last epoch counts.
"""

_base_ = 'digits.py'

train_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        type='mmstn.DistortedMNIST',
        data_root='data/mnist',
        distortion=None,
        fold=0,
    ),
)
val_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        type='mmstn.DistortedMNIST',
        data_root='data/mnist',
        distortion=None,
        pipeline=[dict(type='mmstn.PackDigits', canvas=28)],
    ),
)
test_dataloader = val_dataloader

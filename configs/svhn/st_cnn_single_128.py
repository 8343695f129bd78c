"""CNN with one transformer on house numbers of 128 pixels.

python tools/prepare_svhn.py data/svhn
python tools/train.py configs/svhn/st_cnn_single_128.py

Source: Jaderberg et al. 2015, section 4.2 and appendix A.5, which has 3.9 %.
Result: not run yet.
"""

_base_ = 'st_cnn_single_64.py'

train_dataloader = dict(dataset=dict(size=128))
val_dataloader = dict(dataset=dict(size=128))
test_dataloader = dict(dataset=dict(size=128))

model = dict(
    backbone=dict(
        backbone=dict(size=(128, 128)),
        transformers=dict(
            localisation=dict(trunk=dict(size=(128, 128))),
            grid=dict(size=(128, 128)),
        ),
    )
)

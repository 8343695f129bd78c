"""CNN with four transformers on house numbers of 128 pixels.

python tools/prepare_svhn.py data/svhn
python tools/train.py configs/svhn/st_cnn_multi_128.py

Source: Jaderberg et al. 2015, section 4.2 and appendix A.5, which has 3.9 %.
Result: not run yet.
"""

_base_ = 'st_cnn_multi_64.py'

train_dataloader = dict(dataset=dict(size=128))
val_dataloader = dict(dataset=dict(size=128))
test_dataloader = dict(dataset=dict(size=128))


def doubled(transformer):
    """Return a transformer for twice the height and width."""
    height, width = transformer.grid.size
    size = (2 * height, 2 * width)
    trunk = dict(transformer.localisation.trunk, size=size)
    return dict(
        transformer,
        localisation=dict(trunk=trunk),
        grid=dict(transformer.grid, size=size),
    )


model = dict(
    backbone=dict(
        backbone=dict(size=(128, 128)),
        transformers=[
            doubled(transformer)
            for transformer in _base_.model.backbone.transformers
        ],
    )
)

"""CNN on made house numbers, shrunk to 48 pixels.

python tools/make_house_numbers.py data/house_numbers
python tools/prepare_svhn.py data/house_numbers
python tools/train.py configs/house_numbers/cnn.py

Source: Jaderberg et al. 2015, section 4.2, but for the data and the sizes.
Result: an error of 38.82 %, seed 0, 20 epochs in bfloat16.
"""

_base_ = '../_base_/synthetic_house_numbers.py'


def loader():
    """Return what the loaders of all splits share."""
    return dict(
        dataset=dict(
            pipeline=[
                dict(type='LoadImageFromFile'),
                dict(type='Resize', scale=48, interpolation='area'),
                dict(type='PackInputs'),
            ]
        )
    )


train_dataloader = loader()
val_dataloader = loader()
test_dataloader = loader()

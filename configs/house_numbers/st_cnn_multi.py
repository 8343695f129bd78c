"""CNN with four transformers on made house numbers.

python tools/make_house_numbers.py data/house_numbers
python tools/prepare_svhn.py data/house_numbers
python tools/train.py configs/house_numbers/st_cnn_multi.py

Source: Jaderberg et al. 2015, section 4.2, but for the data and the sizes.
Result: an error of 18.36 %, seed 0, 20 epochs in bfloat16.
"""

_base_ = '../_base_/synthetic_house_numbers.py'


def transformer(before, source, channels, steps, size, padding):
    """Return an affine transformer with a localiser of fully connected layers.

    Their weights start by He et al. 2015, as the network's own.
    """
    return dict(
        type='mmstn.SpatialTransformer',
        before=before,
        localisation=dict(
            trunk=dict(
                type='mmstn.PlainNet',
                size=(source, source),
                in_channels=channels,
                steps=steps,
                init_cfg=_base_.model.backbone.init_cfg,
            ),
        ),
        grid=dict(type='mmstn.AffineGrid', size=(size, size)),
        sampler=dict(type='mmstn.GridSampler', padding=padding),
    )


def inside(before, side, channels):
    """Return a transformer of a map, which keeps its size."""
    steps = [dict(fc=32), dict(fc=32)]
    return transformer(before, side, channels, steps, side, 'zeros')


model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone=_base_.model.backbone,
        transformers=[
            transformer(
                before=None,
                source=128,
                channels=3,
                steps=[dict(pool='avg', size=4), dict(fc=32), dict(fc=32)],
                size=48,
                padding='border',
            ),
            inside('steps.conv2', 24, 12),
            inside('steps.conv3', 12, 16),
            inside('steps.conv4', 6, 32),
        ],
    )
)
custom_hooks = [
    dict(type='mmstn.ChannelsLastHook'),
    dict(type='mmstn.AttentionVisualizationHook'),
]

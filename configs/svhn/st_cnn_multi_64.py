"""CNN with four transformers on house numbers of 64 pixels.

python tools/prepare_svhn.py data/svhn
python tools/train.py configs/svhn/st_cnn_multi_64.py

Source: Jaderberg et al. 2015, section 4.2 and appendix A.5, which has 3.6 %.
Result: not run yet.
"""

_base_ = '../_base_/svhn.py'


def transformer(before, channels, side):
    """Return an affine transformer that keeps the size of its source."""
    return dict(
        type='mmstn.SpatialTransformer',
        before=before,
        localisation=dict(
            trunk=dict(
                type='mmstn.PlainNet',
                size=(side, side),
                in_channels=channels,
                steps=[dict(fc=32), dict(fc=32)],
                init_cfg=dict(
                    type='Kaiming', mode='fan_in', layer=['Conv2d', 'Linear']
                ),
            ),
        ),
        grid=dict(type='mmstn.AffineGrid', size=(side, side)),
        sampler=dict(
            type='mmstn.GridSampler', padding='zeros' if before else 'border'
        ),
    )


model = dict(
    backbone=dict(
        type='mmstn.STNBackbone',
        backbone=dict(type='mmstn.HouseNumberCNN', size=(64, 64)),
        transformers=[
            transformer(None, 3, 64),
            transformer('steps.conv2', 48, 32),
            transformer('steps.conv3', 64, 32),
            transformer('steps.conv4', 128, 16),
        ],
    )
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

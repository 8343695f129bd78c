"""CNN with one transformer on house numbers of 64 pixels.

python tools/prepare_svhn.py data/svhn
python tools/train.py configs/svhn/st_cnn_single_64.py

Source: Jaderberg et al. 2015, section 4.2 and appendix A.5, which has 3.7 %.
Result: not run yet.
"""

_base_ = '../_base_/svhn.py'

model = dict(
    backbone=dict(
        type='mmstn.STNBackbone',
        backbone=dict(type='mmstn.HouseNumberCNN', size=(64, 64)),
        transformers=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                trunk=dict(
                    type='mmstn.PlainNet',
                    size=(64, 64),
                    in_channels=3,
                    steps=[
                        dict(conv=32, kernel=5, pad=2),
                        dict(pool='max', size=2),
                        dict(conv=32, kernel=5, pad=2),
                        dict(pool='max', size=2),
                        dict(fc=32),
                        dict(fc=32),
                    ],
                    # or what reaches the regressor is so small that it
                    # hardly moves
                    init_cfg=dict(
                        type='Kaiming',
                        mode='fan_in',
                        layer=['Conv2d', 'Linear'],
                    ),
                ),
            ),
            grid=dict(type='mmstn.AffineGrid', size=(64, 64)),
            sampler=dict(type='mmstn.GridSampler', padding='border'),
        ),
    )
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

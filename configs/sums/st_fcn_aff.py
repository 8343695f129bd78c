"""ST-FCN-Aff on the sum of two digits.

python tools/train.py configs/sums/st_fcn_aff.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 16.19 % (the paper: 22.6), seed 0, 40 epochs in bfloat16.
"""

_base_ = '../_base_/sums.py'

model = dict(
    backbone=dict(
        type='mmstn.STNBackbone',
        backbone=dict(
            type='mmstn.DigitFCN',
            size=(42, 42),
            hidden_dim=273,
            downsample=2,
            in_channels=2,
        ),
        transformers=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                trunk=dict(
                    type='mmstn.PlainNet',
                    size=(42, 42),
                    in_channels=2,
                    steps=[
                        dict(pool='avg', size=2),
                        dict(conv=20, kernel=5),
                        dict(pool='max', size=2),
                        dict(conv=20, kernel=5),
                        dict(fc=128),
                    ],
                ),
            ),
            grid=dict(type='mmstn.AffineGrid', size=(42, 42)),
        ),
    ),
    head=dict(in_channels=273),
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

"""CNN with one transformer on made house numbers.

python tools/make_house_numbers.py data/house_numbers
python tools/prepare_svhn.py data/house_numbers
python tools/train.py configs/house_numbers/st_cnn_single.py

Source: Jaderberg et al. 2015, section 4.2, but for the data and the sizes.
Result: an error of 25.28 %, seed 0, 20 epochs in bfloat16.
"""

_base_ = '../_base_/synthetic_house_numbers.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone=_base_.model.backbone,
        transformers=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                trunk=dict(
                    type='mmstn.PlainNet',
                    size=(128, 128),
                    in_channels=3,
                    steps=[
                        dict(pool='avg', size=4),
                        dict(conv=16, kernel=5),
                        dict(pool='max', size=2),
                        dict(conv=32, kernel=5),
                        dict(pool='max', size=2),
                        dict(fc=32),
                    ],
                    init_cfg=_base_.model.backbone.init_cfg,
                ),
            ),
            grid=dict(type='mmstn.AffineGrid', size=(48, 48)),
            sampler=dict(type='mmstn.GridSampler', padding='border'),
        ),
    )
)
custom_hooks = [
    dict(type='mmstn.ChannelsLastHook'),
    dict(type='mmstn.AttentionVisualizationHook'),
]

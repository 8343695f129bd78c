"""A similarity transformer before MobileNetV2, turned signs.

python tools/train.py configs/signs/stn_mobilenet_v2_turned.py

Scale, rotation and shift are learnt from the classes alone.
Source: Stallkamp et al. 2012; the rest is ours.
Result: not run yet.
"""

_base_ = ['mobilenet_v2_turned.py', '../_base_/upright.py']

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone={{_base_.model.backbone}},
        transformers={{_base_.transformer}},
    ),
)
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.3)})
)
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

"""House numbers made of MNIST digits: for those without SVHN, on a CPU.

python tools/make_house_numbers.py data/house_numbers
python tools/prepare_svhn.py data/house_numbers
MODEL=ST-CNN-Multi python tools/train.py configs/stn_house_numbers.py

MODEL is CNN, ST-CNN-Single or ST-CNN-Multi, as in stn_svhn.py, but around a
network of four convolutions that fits a CPU. The looser crops of 128 pixels,
in which numbers are turned, moved and of many sizes, are shrunk to 48.

Source: Jaderberg et al. 2015, section 4.2, but for the data and the size.
Result: error of whole numbers on the 5,000 made for testing, on a CPU, seed 0,
8 epochs: CNN 57.0 %, ST-CNN-Single 57.7 %, ST-CNN-Multi 45.9 %. The
transformer of Single stays close to the identity; with its localiser at the
full rate the network learnt nothing in two epochs.
"""

_base_ = ['stn_svhn.py']

name = '{{$MODEL:ST-CNN-Multi}}'
places = {  # before which step, and the channels and the side there
    'CNN': [],
    'ST-CNN-Single': [(None, 3, 48)],
    'ST-CNN-Multi': [
        (None, 3, 48),
        ('steps.conv2', 12, 24),
        ('steps.conv3', 16, 12),
        ('steps.conv4', 32, 6),
    ],
}
steps = [dict(fc=32), dict(fc=32)]
he = dict(type='Kaiming', mode='fan_in', layer=['Conv2d', 'Linear'])
if name == 'ST-CNN-Single':
    steps = [
        dict(avg=2),
        dict(conv=16, kernel=5, pad=2),
        dict(max=2),
        dict(conv=32, kernel=5, pad=2),
        dict(max=2),
        *steps,
    ]
transformers = []
for place, channels, side in places[name]:
    transformers.append(
        dict(
            type='mmstn.SpatialTransformer',
            before=place,
            localisation=dict(
                in_features=32,
                trunk=dict(
                    type='mmstn.PlainNet',
                    size=(side, side),
                    in_channels=channels,
                    steps=steps,
                    init_cfg=he,
                ),
            ),
            grid=dict(type='mmstn.AffineGrid', size=(side, side)),
            sampler=dict(
                type='mmstn.GridSampler',
                padding='zeros' if place else 'border',
            ),
        )
    )
    del place, channels, side

backbone = dict(
    type='mmstn.PlainNet',
    size=(48, 48),
    in_channels=3,
    steps=[
        dict(conv=12, kernel=5, pad=2),
        dict(max=2),
        dict(conv=16, kernel=5, pad=2),
        dict(max=2),
        dict(conv=32, kernel=5, pad=2),
        dict(max=2),
        dict(conv=32, kernel=5, pad=2),
        dict(fc=256),
    ],
    init_cfg=he,
)
if transformers:
    backbone = dict(
        type='mmstn.STNBackbone', backbone=backbone, transformers=transformers
    )
model = dict(
    backbone=dict(_delete_=True, **backbone), head=dict(in_channels=256)
)

data = dict(
    data_root='data/house_numbers',
    size=128,
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=48, interpolation='area'),
        dict(type='PackInputs'),
    ],
)
train_dataloader = dict(
    batch_size=32,
    num_workers=1,
    dataset=dict(held_out=0, with_extra=False, **data),
)
val_dataloader = dict(
    batch_size=250,
    num_workers=1,
    dataset=dict(split='test', **data),
)
test_dataloader = val_dataloader

optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='Adam', lr=0.001),
)
param_scheduler = dict(
    _delete_=True,
    type='CosineAnnealingLR',
    T_max=8,
    by_epoch=True,
    convert_to_iter_based=True,
)
train_cfg = dict(_delete_=True, by_epoch=True, max_epochs=8, val_interval=1)
auto_scale_lr = dict(base_batch_size=32)
default_hooks = dict(checkpoint=dict(by_epoch=True, interval=1))
log_processor = dict(by_epoch=True)
work_dir = f'work_dirs/stn_house_numbers/{name}'

del places, steps, he, transformers, backbone, data

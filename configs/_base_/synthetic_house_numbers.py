"""House numbers made of MNIST digits: for those without SVHN, on a CPU.

python tools/make_house_numbers.py data/house_numbers
python tools/prepare_svhn.py data/house_numbers

The models are those of configs/svhn, but around a network of four
convolutions that fits a CPU and sees 48 pixels. The crops are the looser ones
of 128 pixels, in which numbers are turned, moved and of many sizes: shrunk to
48 for the CNN; a transformer on the input reads all 128.

Source: Jaderberg et al. 2015, section 4.2, but for the data and the sizes.
Ours:
- a transformer on the input reads more pixels than it outputs. When it read
  48, any small step from the identity blurred thin digits and cost more than
  it gained: Single stayed there;
- Adam, and three tenths of its rate for the localisers; gradients are clipped,
  and rates rise over one epoch, without which those of Multi ran away. At
  twice the rate, and neither, that of Single died, and gave one theta for all;
- dropout before the head: at twice the rate and batch, the CNN read 55.2 % of
  4,000 held-out training images with it, 51.4 without. The paper has more;
- 353k parameters for CNN, 393k for Single, 789k for Multi.
"""

_base_ = 'house_numbers.py'


def loader(batch_size, **dataset):
    """Return a loader of the crops of 128 pixels."""
    return dict(
        batch_size=batch_size,
        num_workers=1,
        dataset=dict(data_root='data/house_numbers', size=128, **dataset),
    )


train_dataloader = loader(32, held_out=0, with_extra=False)
val_dataloader = loader(250, split='test')
test_dataloader = loader(250)

model = dict(
    backbone=dict(
        type='mmstn.PlainNet',
        size=(48, 48),
        in_channels=3,
        steps=[
            dict(conv=12, kernel=5, pad=2),
            dict(pool='max', size=2),
            dict(conv=16, kernel=5, pad=2),
            dict(pool='max', size=2),
            dict(conv=32, kernel=5, pad=2),
            dict(pool='max', size=2),
            dict(conv=32, kernel=5, pad=2),
            dict(fc=256),
            dict(dropout=0.5),
        ],
        init_cfg=dict(
            type='Kaiming', mode='fan_in', layer=['Conv2d', 'Linear']
        ),
    ),
    head=dict(in_channels=256),
)

optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=0.001),
    paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.3)}),
    clip_grad=dict(max_norm=5),
)
param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.01, end=1, convert_to_iter_based=True
    ),
    dict(
        type='CosineAnnealingLR',
        begin=1,
        end=20,
        T_max=19,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=5)
auto_scale_lr = dict(base_batch_size=32)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
custom_hooks = [dict(type='mmstn.ChannelsLastHook')]

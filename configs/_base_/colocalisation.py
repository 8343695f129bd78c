"""100 digits of one class on 84x84 pixels, to be found in each.

MNIST is downloaded into data/mnist at the first run. Another class is chosen
for each of the three loaders, as `tools/reproduce.py NAME@CLASS` does:
--cfg-options train_dataloader.dataset.digit=7 ...

Source: Jaderberg et al. 2015, appendix A.2: digits, clutter, localiser and
loss. It trains on the images it is measured on, and so do we. Ours:
- the digits are of the test split, which the encoder never saw;
- the encoder, `colocalisation/encoder.py`; its weights come with the package;
- outputs of its layers are divided by the root of the mean squared distance of
  two digits there, or the margin of 1 would be nothing beside distances of
  thousands;
- the window starts as large as the image, where it sees the digit always, a
  random crop is as large as the window, and outside the image is its
  reflection: black all around would be alike to all crops;
- all pairs of a batch, Adam.
Chosen on digits of the training split that the encoder had not seen.
"""

_base_ = 'digits.py'

train_dataloader = dict(
    batch_size=25,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        type='mmstn.PlacedDigits',
        data_root='data/mnist',
        digit=3,
        split='test',
    ),
)
val_dataloader = dict(
    batch_size=100,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        type='mmstn.PlacedDigits', data_root='data/mnist', digit=3
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, type='mmstn.LocalisationIoU')
test_evaluator = val_evaluator

model = dict(
    type='mmstn.Colocaliser',
    data_preprocessor=dict(
        type='mmstn.BatchPreprocessor', mean=[0], std=[255]
    ),
    transformer=dict(
        type='mmstn.SpatialTransformer',
        localisation=dict(
            trunk=dict(
                type='mmstn.PlainNet',
                size=(84, 84),
                steps=[
                    dict(conv=8, kernel=9, stride=4),
                    dict(pool='max', size=2),
                    dict(fc=8),
                    dict(fc=8),
                ],
            ),
        ),
        grid=dict(type='mmstn.AttentionGrid', size=(28, 28)),
        sampler=dict(type='mmstn.GridSampler', padding='reflection'),
    ),
    encoder=dict(
        type='mmstn.FrozenEncoder',
        classifier=dict(
            type='ImageClassifier',
            backbone=dict(type='mmstn.DigitCNN', size=(28, 28), channels=16),
            head=dict(type='LinearClsHead', num_classes=10, in_channels=64),
            init_cfg=dict(
                type='Pretrained', checkpoint='mmstn://colocalisation/encoder'
            ),
        ),
        layers={
            'backbone.steps.pool1': 30.0,
            'backbone.steps.pool2': 45.0,
            'head.fc': 28.0,
        },
    ),
)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))
param_scheduler = dict(
    type='CosineAnnealingLR', T_max=100, convert_to_iter_based=True
)
train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=10)
auto_scale_lr = dict(base_batch_size=25)
default_hooks = dict(checkpoint=dict(interval=100, max_keep_ckpts=1))
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook', interval=10)]

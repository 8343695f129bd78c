"""100 digits of one class on 84x84 pixels, to be found in each.

MNIST is downloaded into data/mnist at the first run. Another class is chosen
for each of the three loaders, as `tools/reproduce.py NAME@CLASS` does:
--cfg-options train_dataloader.dataset.digit=7 ...

Source: Jaderberg et al. 2015, appendix A.2: digits, clutter, localiser and
loss. It trains on the images it is measured on, and so do we. Ours:
- the digits are of the test split, which the encoder never saw;
- the encoder, `colocalisation/encoder.py`; its weights come with the package;
- outputs of its layers are divided by the root of the mean squared distance of
  two digits there, or a margin would be nothing beside distances of thousands;
- the localiser has 107k parameters, by 128 and 32 units where the paper lists
  8 and 8: that has 7k, but the paper says 100k;
- the window has a fixed size, 30 of the 84 pixels, as has a random crop, and
  starts in the middle. With a scale that was learnt it shrank to a point
  in clutter, or grew over all of it;
- reading beyond the border costs, as all is alike there;
- all pairs of the 100 images in each of 800 steps, of which the second crop is
  given (see `pair_loss`); Adam and a cosine;
- the images are rolled by up to 12 pixels in each step: without, ones and
  fours in clutter were found in 60 and 57 of 100;
- a margin of 0, as features are of the order of 1: with .5 ones were found in
  1 to 27 of 100 from eleven seeds, after 250 or 400 steps. On the way to a
  thing the loss first rises, since windows that have found it are far from
  those that have not, and a margin makes that worse.
Chosen on digits of the training split that the encoder had not seen: ones and
fours in clutter, then six classes looked at, 88 to 100 found.
"""

_base_ = 'digits.py'

train_dataloader = dict(
    batch_size=100,
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
    dataset=dict(type='mmstn.PlacedDigits', data_root='data/mnist', digit=3),
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, type='mmstn.LocalisationIoU')
test_evaluator = val_evaluator

model = dict(
    type='mmstn.Colocaliser',
    crop=0.36,
    margin=0.0,
    max_roll=12,
    theta_losses=[dict(type='mmstn.OutsideLoss')],
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
                    dict(fc=128),
                    dict(fc=32),
                ],
            ),
        ),
        grid=dict(type='mmstn.TranslationGrid', size=(28, 28), scale=0.36),
    ),
    encoder=dict(
        type='mmstn.FrozenEncoder',
        classifier=dict(
            type='ImageClassifier',
            backbone=dict(type='mmstn.DigitCNN', size=(28, 28), channels=32),
            head=dict(type='LinearClsHead', num_classes=10, in_channels=128),
            init_cfg=dict(
                type='Pretrained', checkpoint='mmstn://colocalisation/encoder'
            ),
        ),
        layers={
            'backbone.steps.pool1': 29.0,
            'backbone.steps.pool2': 32.0,
            'head.fc': 22.0,
        },
    ),
)

optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=2e-3),
    paramwise_cfg=dict(custom_keys={'regressor': dict(lr_mult=3)}),
)
param_scheduler = dict(
    type='CosineAnnealingLR', T_max=800, convert_to_iter_based=True
)
train_cfg = dict(by_epoch=True, max_epochs=800, val_interval=200)
auto_scale_lr = dict(base_batch_size=100)
default_hooks = dict(checkpoint=dict(interval=800, max_keep_ckpts=1))
custom_hooks = [dict(type='mmstn.AttentionVisualizationHook')]

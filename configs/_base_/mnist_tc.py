"""Digits placed at random in clutter, on 60x60 pixels (TC)."""

_base_ = 'mnist.py'

train_dataloader = dict(dataset=dict(distortion='TC'))
val_dataloader = dict(
    dataset=dict(
        distortion='TC', pipeline=[dict(type='mmstn.PackDigits', canvas=60)]
    )
)
test_dataloader = val_dataloader

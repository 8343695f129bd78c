"""Digits turned by up to 90 degrees, on 28x28 pixels (R)."""

_base_ = 'mnist.py'

train_dataloader = dict(dataset=dict(distortion='R'))
val_dataloader = dict(
    dataset=dict(
        distortion='R', pipeline=[dict(type='mmstn.PackDigits', canvas=28)]
    )
)
test_dataloader = val_dataloader

"""Digits turned by up to 90 degrees, on 28x28 pixels (R)."""

_base_ = 'mnist.py'

train_dataloader = dict(dataset=dict(distortion='R'))
val_dataloader = dict(dataset=dict(distortion='R'))
test_dataloader = val_dataloader

"""Digits bent by a thin plate spline, on 42x42 pixels (E)."""

_base_ = 'mnist.py'

train_dataloader = dict(dataset=dict(distortion='E'))
val_dataloader = dict(
    dataset=dict(
        distortion='E', pipeline=[dict(type='mmstn.PackDigits', canvas=42)]
    )
)
test_dataloader = val_dataloader

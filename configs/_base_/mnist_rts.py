"""Digits turned, scaled and placed at random, on 42x42 pixels (RTS)."""

_base_ = 'mnist.py'

train_dataloader = dict(dataset=dict(distortion='RTS'))
val_dataloader = dict(
    dataset=dict(
        distortion='RTS', pipeline=[dict(type='mmstn.PackDigits', canvas=42)]
    )
)
test_dataloader = val_dataloader

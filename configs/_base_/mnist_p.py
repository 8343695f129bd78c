"""Digits seen in perspective, on 42x42 pixels (P)."""

_base_ = 'mnist.py'

train_dataloader = dict(dataset=dict(distortion='P'))
val_dataloader = dict(
    dataset=dict(
        distortion='P', pipeline=[dict(type='mmstn.PackDigits', canvas=42)]
    )
)
test_dataloader = val_dataloader

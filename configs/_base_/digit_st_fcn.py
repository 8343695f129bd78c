"""The paper's fully connected classifier of digits behind a transformer."""

_base_ = 'digit_st_cnn.py'

model = dict(
    backbone=dict(
        backbone=dict(type='mmstn.DigitFCN'),
        transformers=dict(
            localisation=dict(
                trunk=dict(steps=[dict(fc=32), dict(fc=32), dict(fc=32)])
            )
        ),
    )
)
custom_hooks = [
    dict(type='mmstn.AttentionVisualizationHook'),
    dict(type='mmstn.AttentionRecordHook'),
]

"""A transformer of each frame on its own.

python tools/train.py configs/tracking/frame.py

It reads all of a frame, and what is sought, and remembers nothing.
Source: ours.
Result: a mean IoU of 77.28 %, seed 0, 20 epochs in bfloat16.
"""

_base_ = '../_base_/tracking.py'

model = dict(
    transformer=dict(
        localisation=dict(
            trunk=dict(
                type='mmstn.PlainNet',
                size=(64, 64),
                in_channels=2,
                steps=[
                    dict(pool='avg', size=2),
                    dict(conv=24, kernel=5),
                    dict(pool='max', size=2),
                    dict(conv=48, kernel=5),
                    dict(pool='max', size=2),
                    dict(fc=144),
                ],
            ),
        ),
        grid=dict(type='mmstn.AttentionGrid', size=(64, 64)),
    )
)

"""25 epochs of AdamW and a cosine: distorted MNIST, convolutional models.

Chosen on the last 5,000 digits for training, held out; the results are of all
60,000, and the last epoch counts. The paper trains for 640 epochs by SGD:
`mnist_paper.py`.
"""

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=3e-3, weight_decay=0.05, fused=True)
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=1,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=1,
        end=25,
        T_max=24,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=25, val_interval=5)

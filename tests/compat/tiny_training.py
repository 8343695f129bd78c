"""The smallest run there is."""

from pathlib import Path

import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner


class Toy(BaseModel):
    """Fit a line."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)

    def forward(self, *inputs, mode):
        return {'loss': self.line(torch.stack(inputs)).square().mean()}


def train(work_dir, epochs, default=None, hooks=(), **kwargs):
    runner = Runner(
        Toy(),
        str(work_dir),
        train_dataloader=dict(
            dataset=list(torch.linspace(0, 1, 8)[:, None]),
            batch_size=4,
            sampler=dict(type='DefaultSampler', shuffle=True),
            collate_fn=dict(type='pseudo_collate'),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=0.1)),
        param_scheduler=dict(type='ExponentialLR', gamma=0.5, end=9),
        default_hooks=dict(
            logger=dict(type='LoggerHook', interval=1), **(default or {})
        ),
        custom_hooks=[dict(type='EMAHook'), *hooks],
        experiment_name=f'{Path(work_dir).name}_{epochs}',
        **kwargs,
    )
    runner.train()
    return runner

"""Every registered family trains under every hook, in every transformer."""

import numpy as np
import pytest
from small_transformer import small_transformer
from third_parties import FAMILIES
from tiny_run import loader, thetas_logged, trained_with_log

from mmstn import hooks
from mmstn.registry import MODELS

HOOKS = [dict(type=f'mmstn.{name}') for name in hooks.__all__]
FLAT = (8, 8)
SIZES = {1: (12,), 2: FLAT, 3: (8, 8, 8)}  # by the number of axes
CASES = [
    (family, kind, None, FLAT)
    for family in FAMILIES
    for kind in (None, 'parallel')
]
CASES += [
    (family, kind, 0.1, FLAT)
    for family in ('AffineGrid', 'TPSGrid')
    for kind in (None, 'parallel')
]
CASES += [
    (family, 'iterative', None, SIZES[axes])
    for family in FAMILIES
    for axes in MODELS.get(family).DIMENSIONS
    if hasattr(MODELS.get(family), 'compose')
]
ARGUMENTS = dict(parallel='num_transformers', iterative='num_steps')


@pytest.mark.parametrize(('family', 'kind', 'deviation', 'size'), CASES)
def test_every_family_trains_under_every_hook(
    tmp_path, family, kind, deviation, size
):
    count = 2 if kind == 'parallel' else None
    arguments = {ARGUMENTS[kind]: 2} if kind else {}
    transformers = small_transformer(
        family, size, deviation=deviation, steps=[dict(fc=4)], **arguments
    )
    net = dict(
        type='mmstn.PlainNet',
        size=size,
        in_channels=count or 1,
        steps=[dict(fc=6)],
    )
    model = dict(
        type='mmstn.STNClassifier',
        backbone=dict(
            type='mmstn.STNBackbone', backbone=net, transformers=transformers
        ),
        head=dict(type='LinearClsHead', num_classes=3, in_channels=6),
        num_draws=None if deviation is None else 2,
    )
    runner, _ = trained_with_log(
        tmp_path,
        model=model,
        data_preprocessor=dict(
            type='mmstn.BatchPreprocessor', mean=[9], std=[9]
        ),
        train_dataloader=loader(8, size),
        val_dataloader=loader(7, size),
        hooks=[
            dict(hook, interval=1) if 'Monitor' in hook['type'] else hook
            for hook in HOOKS
        ],
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e-3)),
    )
    assert runner.epoch == 2
    pictures = list(tmp_path.rglob('attention_*.png'))
    assert len(pictures) == 3
    logged = thetas_logged(runner)
    assert len(logged) >= 3 * (count or 1)
    assert all(np.isfinite(history).all() for history in logged.values())

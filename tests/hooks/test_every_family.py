"""Every registered family trains under every hook, in every transformer."""

import numpy as np
import pytest
from small_transformer import small_transformer
from third_parties import FAMILIES
from tiny_run import thetas_logged, trained_with_log

from mmstn import hooks
from mmstn.registry import MODELS

HOOKS = [dict(type=f'mmstn.{name}') for name in hooks.__all__]
CASES = [
    (family, kind, None) for family in FAMILIES for kind in (None, 'parallel')
]
CASES += [
    (family, kind, 0.1)
    for family in ('AffineGrid', 'TPSGrid')
    for kind in (None, 'parallel')
]
CASES += [
    (family, 'iterative', None)
    for family in FAMILIES
    if hasattr(MODELS.get(family), 'compose')
]
ARGUMENTS = dict(parallel='num_transformers', iterative='num_steps')


@pytest.mark.parametrize(('family', 'kind', 'deviation'), CASES)
def test_every_family_trains_under_every_hook(
    tmp_path, family, kind, deviation
):
    count = 2 if kind == 'parallel' else None
    arguments = {ARGUMENTS[kind]: 2} if kind else {}
    transformers = small_transformer(
        family, deviation=deviation, steps=[dict(fc=4)], **arguments
    )
    net = dict(
        type='mmstn.PlainNet',
        size=(8, 8),
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

"""A whole training in mixed precision, on whatever device there is."""

from functools import partial

import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from tiny_run import TRANSFORMER, config, thetas_logged, trained
from torch.testing import assert_close

OPTIMIZER = dict(type='SGD', lr=1e-3, momentum=0.9)
MONITOR = dict(type='mmstn.ThetaMonitorHook', interval=1)
SETTINGS = {
    'plain': {},
    'clipped': dict(clip_grad=dict(max_norm=0.5)),
    'accumulated': dict(accumulative_counts=2),
    'both': dict(clip_grad=dict(max_norm=0.5), accumulative_counts=2),
    'localiser slower': dict(
        paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.1)})
    ),
    'constructor': dict(constructor='DefaultOptimWrapperConstructor'),
}


def amp(**settings):
    settings.setdefault('optimizer', OPTIMIZER)
    return dict(type='AmpOptimWrapper', dtype='bfloat16', **settings)


def weights(runner):
    values = runner.model.state_dict().values()
    return torch.cat([value.flatten().float() for value in values])


def gradients_logged(runner):
    return thetas_logged(runner)['grad']


@pytest.mark.slow
@pytest.mark.parametrize('settings', SETTINGS.values(), ids=SETTINGS)
def test_any_settings_train_near_float32(tmp_path, settings):
    plain = dict(type='OptimWrapper', optimizer=OPTIMIZER, **settings)
    runs = [
        trained(tmp_path, name, hooks=[MONITOR], optim_wrapper=wrapper)
        for name, wrapper in (('amp', amp(**settings)), ('plain', plain))
    ]
    given, expected = map(weights, runs)
    assert (given != expected).any()
    assert_close(given, expected, rtol=0, atol=1e-3)
    given, expected = map(gradients_logged, runs)
    assert_close(given, expected, rtol=0.1, atol=1e-3)


def test_grids_samples_and_gradients_stay_in_float32(tmp_path):
    runner = Runner(**config(tmp_path / 'run', optim_wrapper=amp()))
    transformer = runner.model.backbone.transformers[0]
    seen = {name: set() for name in ('grid', 'sampler', 'trunk', 'weights')}

    def keep(name, module, inputs, output):
        if module.training:
            values = (*inputs, output)
            tensors = [v for v in values if isinstance(v, torch.Tensor)]
            seen[name].update(value.dtype for value in tensors)

    for name, module in (
        ('grid', transformer.grid),
        ('sampler', transformer.sampler),
        ('trunk', transformer.localisation.trunk.steps.fc1),
    ):
        module.register_forward_hook(partial(keep, name))
    for weight in runner.model.parameters():
        weight.register_hook(lambda grad: seen['weights'].add(grad.dtype))
    runner.train()
    assert torch.bfloat16 in seen.pop('trunk')
    assert set().union(*seen.values()) == {torch.float32}


def test_a_run_that_goes_on_ends_where_one_in_a_piece_ends(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(np.random, 'randint', lambda high: 0)
    settings = dict(
        optim_wrapper=amp(accumulative_counts=2),
        hooks=[dict(type='EMAHook'), MONITOR],
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1)),
        train_dataloader=dict(
            config(tmp_path / 'none')['train_dataloader'],
            sampler=dict(type='DefaultSampler', shuffle=False),
        ),
    )
    whole = trained(tmp_path, 'whole', **settings)
    path = f'{whole.work_dir}/epoch_1.pth'
    resumed = trained(
        tmp_path, 'resumed', load_from=path, resume=True, **settings
    )
    assert_close(weights(resumed), weights(whole), rtol=0, atol=0)


@pytest.mark.parametrize('transformers', [(), (TRANSFORMER,)])
def test_predictions_in_bfloat16_are_near_those_in_float32(
    tmp_path, transformers
):
    scores = []
    for fp16 in (True, False):
        cfg = config(tmp_path / f'{fp16}', transformers)
        runner = Runner(
            **cfg,
            test_dataloader=cfg['val_dataloader'],
            test_evaluator=dict(type='Accuracy'),
            test_cfg=dict(fp16=fp16),
        )
        kept = []
        runner.model.register_forward_hook(
            lambda module, inputs, output, kept=kept: kept.extend(output)
        )
        runner.test()
        scores.append(torch.stack([sample.pred_score for sample in kept]))
    assert (scores[0] != scores[1]).any()
    assert_close(scores[0].float(), scores[1], rtol=0, atol=0.02)

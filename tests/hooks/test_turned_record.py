"""Predictions of a test carry what transformers output for turned inputs."""

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import BaseMetric
from mmengine.registry import HOOKS, METRICS
from mmengine.runner import Runner
from tiny_run import config, loader
from torch.testing import assert_close

from mmstn.hooks.turned_record import TurnedRecordHook, turned

NAME = 'backbone.transformers.0'


@METRICS.register_module(force=True)
class KeepTurned(BaseMetric):
    """Keep the predictions of a test."""

    kept = []

    def process(self, data_batch, data_samples):
        self.results += data_samples

    def compute_metrics(self, results):
        KeepTurned.kept = results
        return dict(kept=len(results))


def after_a_test(work_dir, **hook):
    hooks = [
        dict(type='mmstn.TurnedRecordHook', **hook),
        dict(type='mmstn.AttentionRecordHook'),
    ]
    others = dict(
        test_dataloader=dict(
            loader(7), sampler=dict(type='DefaultSampler', shuffle=False)
        ),
        test_cfg=dict(),
        test_evaluator=dict(type='KeepTurned'),
    )
    runner = Runner(**config(work_dir, hooks=hooks, **others))
    runner.test()
    return runner


def test_the_first_predictions_carry_an_output_for_each_angle(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(np.random, 'randint', lambda high: 0)
    runner = after_a_test(tmp_path / 'run', num_angles=3, num_images=5)
    carry = ['turned' in sample for sample in KeepTurned.kept]
    assert carry == [True] * 5 + [False] * 2
    for sample in KeepTurned.kept:
        assert sample['attention'][NAME].shape[1] == 2
    data = pseudo_collate([runner.test_dataloader.dataset[i] for i in (0, 3)])
    inputs = runner.model.data_preprocessor(data)['inputs']
    transformer = runner.model.backbone.transformers[0]
    for index, angle in enumerate((-30, 0, 30)):
        with torch.no_grad():
            expected = transformer(turned(inputs, angle))
        for sample, one in zip((0, 3), expected, strict=True):
            outputs = KeepTurned.kept[sample]['turned'][NAME]
            assert outputs.shape == (3, 1, 8, 8)
            assert_close(outputs[index], one)
    outputs = KeepTurned.kept[0]['turned'][NAME]
    assert not torch.equal(outputs[0], outputs[2])
    assert not any(m._forward_hooks for m in runner.model.modules())


def test_what_is_written_is_the_output_of_the_transformer(tmp_path):
    runner = after_a_test(tmp_path / 'run', num_angles=2)
    hook = next(h for h in runner.hooks if isinstance(h, TurnedRecordHook))
    inputs = torch.rand(3, 1, 8, 8)
    with torch.no_grad():
        found = hook.outputs(runner.model, inputs)[NAME]
        expected = runner.model.backbone.transformers[0](inputs)
    assert_close(found, expected)


def test_a_quarter_is_a_quarter_and_the_centre_stays():
    picture = torch.rand(2, 3, 8, 8)
    expected = picture.rot90(1, (2, 3))
    assert_close(turned(picture, 90), expected, atol=1e-5, rtol=0)
    assert_close(turned(picture, 0), picture)


@pytest.mark.parametrize(
    'given',
    [dict(angle='1'), dict(num_angles=0), dict(num_images=0.5)],
    ids=repr,
)
def test_what_is_no_number_is_refused(given):
    hook = dict(type='mmstn.TurnedRecordHook', **given)
    with pytest.raises(ValueError, match=f'TurnedRecordHook: {[*given][0]}'):
        HOOKS.build(hook)


def test_what_is_no_classifier_is_refused(tmp_path):
    runner = after_a_test(tmp_path)
    runner.model = runner.model.backbone
    with pytest.raises(ValueError, match='model is a STNBackbone; take the h'):
        runner.call_hook('before_test_epoch')

"""Predictions of a real, tiny Runner carry where transformers looked."""

import copy

import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.registry import DATASETS, METRICS
from mmengine.runner import Runner
from mmpretrain.structures import DataSample
from torch.testing import assert_close
from torch.utils.data import Dataset

HOOK = dict(type='mmstn.AttentionRecordHook')
TRANSFORMER = dict(
    type='mmstn.SpatialTransformer',
    grid=dict(type='mmstn.AttentionGrid', size=(8, 8)),
    localisation=dict(
        trunk=dict(type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=4)]),
        in_features=4,
        start=(0.5, 0.25, 0.0),
    ),
)
NET = dict(type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=6)])


@DATASETS.register_module(force=True)
class Dots(Dataset):
    """Seven images of noise, of three classes."""

    metainfo = dict(classes=('nought', 'one', 'two'))

    def __len__(self):
        return 7

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        return dict(
            inputs=torch.rand(1, 8, 8, generator=generator),
            data_samples=DataSample().set_gt_label(index % 3),
        )


@METRICS.register_module(force=True)
class Keep(BaseMetric):
    """Keep the inputs of a metric."""

    kept = []

    def process(self, data_batch, data_samples):
        self.results += data_samples

    def compute_metrics(self, results):
        Keep.kept = results
        return dict(kept=len(results))


@METRICS.register_module(force=True)
class Fail(Keep):
    """A metric that raises."""

    def process(self, data_batch, data_samples):
        raise ValueError('a bad day')


def runner(work_dir, backbone=None, hooks=(HOOK,), **others):
    stn = dict(
        type='mmstn.STNBackbone', backbone=NET, transformers=[TRANSFORMER]
    )
    head = dict(type='LinearClsHead', num_classes=3, in_channels=6)
    loader = dict(
        batch_size=4,
        dataset=dict(type='Dots'),
        sampler=dict(type='DefaultSampler', shuffle=False),
    )
    cfg = dict(
        model=dict(
            type='ImageClassifier', backbone=backbone or stn, head=head
        ),
        work_dir=str(work_dir),
        experiment_name=f'{work_dir.parent.name} {work_dir.name}',
        train_dataloader=loader,
        val_dataloader=loader,
        test_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=2),
        val_cfg=dict(),
        test_cfg=dict(),
        val_evaluator=dict(type='Keep', prefix='all'),
        test_evaluator=dict(type='Keep', prefix='all'),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        randomness=dict(seed=0),
        default_hooks=dict(checkpoint=None),
        custom_hooks=list(hooks),
        default_scope='mmpretrain',
    )
    return Runner.from_cfg(copy.deepcopy({**cfg, **others}))


def outline_of_last():
    (outline,) = Keep.kept[-1]['attention'].values()
    return outline


def hooks_left(model):
    return [
        module
        for module in model.modules()
        if module._forward_hooks or module._forward_pre_hooks
    ]


@pytest.mark.parametrize('loop', ['val', 'test'])
def test_each_prediction_carries_each_outline(tmp_path, loop):
    run = runner(tmp_path / 'run')
    getattr(run, loop)()
    assert len(Keep.kept) == 7
    for kept in Keep.kept:
        (name,) = kept['attention']
        assert name == 'backbone.transformers.0'
        corners = kept['attention'][name][::64]
        left, top, right, bottom = 2.5, 1.5, 6.5, 5.5
        expected = [[left, top], [right, top], [right, bottom], [left, bottom]]
        assert_close(corners, torch.tensor(expected))
    assert hooks_left(run.model) == []


def test_a_transformer_inside_is_recorded_on_the_input(tmp_path):
    conv = dict(conv=2, kernel=1)
    inside = copy.deepcopy(TRANSFORMER)
    inside['localisation']['trunk']['in_channels'] = 2
    backbone = dict(
        type='mmstn.STNBackbone',
        backbone=dict(NET, steps=[conv, conv, dict(fc=6)]),
        transformers=[TRANSFORMER, dict(before='steps.conv2', **inside)],
    )
    runner(tmp_path / 'run', backbone).val()
    corners = list(Keep.kept[0]['attention'].values())[1][::64]
    # half of the half that the first reads
    left, top, right, bottom = 4.0, 2.5, 6.0, 4.5
    expected = [[left, top], [right, top], [right, bottom], [left, bottom]]
    assert_close(corners, torch.tensor(expected))


def test_each_sample_gets_its_own(tmp_path):
    run = runner(tmp_path / 'run')
    regressor = run.model.backbone.transformers[0].localisation.regressor
    torch.nn.init.normal_(regressor.weight, std=0.1)
    seen = []
    transformer = run.model.backbone.transformers[0]
    transformer.localisation.register_forward_hook(
        lambda module, inputs, theta: seen.extend(theta)
    )
    run.test()
    # a scale s and a shift (x, y): the first corner reads shift - s
    first = [((t[1:] - t[0] + 1) * 8 - 1) / 2 for t in seen]
    found = [next(iter(k['attention'].values()))[0] for k in Keep.kept]
    assert_close(torch.stack(found), torch.stack(first))
    assert len({tuple(point.tolist()) for point in found}) == 7


def test_training_is_the_same_to_the_bit_without_the_hook(tmp_path):
    states = []
    for name, hooks in (('with', [HOOK]), ('without', [])):
        run = runner(tmp_path / name, hooks=hooks)
        run.train()
        states.append(run.model.state_dict())
        assert hooks_left(run.model) == []
        assert ('attention' in Keep.kept[0]) == bool(hooks)
    with_it, without = states
    assert all(torch.equal(with_it[key], without[key]) for key in without)


@pytest.mark.parametrize('loop', ['val', 'test'])
def test_a_compiled_step_is_recorded(tmp_path, loop):
    run = runner(tmp_path / 'run', compile=dict(backend='eager'))
    getattr(run, loop)()
    assert outline_of_last().shape == (256, 2)


@pytest.mark.slow
def test_a_model_compiled_before_is_recorded(tmp_path):
    run = runner(tmp_path / 'run')
    run.model.backbone.compile(backend='eager')
    run.model.eval()
    with torch.no_grad():
        run.model.backbone(torch.rand(4, 1, 8, 8))  # without our hooks
    for loop in (run.val, run.test):
        loop()
        assert outline_of_last().shape == (256, 2)


def test_a_pass_that_fails_leaves_no_trace(tmp_path):
    run = runner(tmp_path / 'run')
    fitting, run.model.head.fc = run.model.head.fc, torch.nn.Linear(5, 3)
    with pytest.raises(RuntimeError, match='shapes cannot be multiplied'):
        run.val()
    assert hooks_left(run.model.backbone) == []
    assert torch._dynamo.eval_frame._stance.stance == 'default'
    run.model.head.fc = fitting
    run.train()
    assert outline_of_last().shape == (256, 2)
    assert hooks_left(run.model) == []


@pytest.mark.parametrize(('mode', 'length'), [('loss', 1), ('tensor', 4)])
def test_the_model_works_on_after_a_metric_that_failed(tmp_path, mode, length):
    run = runner(tmp_path / 'run', val_evaluator=dict(type='Fail', prefix=''))
    with pytest.raises(ValueError, match='a bad day'):
        run.val()
    assert torch._dynamo.eval_frame._stance.stance == 'default'
    data = run.model.data_preprocessor(next(iter(run.val_dataloader)), True)
    assert len(run.model(**data, mode=mode)) == length


def test_a_network_without_transformers_is_refused(tmp_path):
    with pytest.raises(ValueError, match='found no SpatialTransformer'):
        runner(tmp_path / 'run', backbone=NET).test()

import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from tiny_run import config
from torch.testing import assert_close

from mmstn.hooks.channels_last import channels_last

HOOK = dict(type='mmstn.ChannelsLastHook')
OPTIMIZER = dict(type='SGD', lr=1e-3, momentum=0.9)
EMA = dict(type='EMAHook')
CONV = dict(
    type='mmstn.PlainNet',
    size=(8, 8),
    steps=[dict(conv=4, kernel=3), dict(conv=4, kernel=3), dict(fc=6)],
)


def laid_out(tensor):
    return tensor.is_contiguous(memory_format=torch.channels_last)


def runner(tmp_path, name, hooks, **settings):
    settings.setdefault('optim_wrapper', dict(optimizer=OPTIMIZER))
    settings = config(tmp_path / name, hooks=hooks, **settings)
    settings['model']['backbone']['backbone'] = CONV
    return Runner(**settings)


def weights(runner):
    values = runner.model.state_dict().values()
    return torch.cat([value.flatten().float() for value in values])


def outputs_of(module):
    """Return a list that gets each output of a module."""
    outputs = []
    module.register_forward_hook(
        lambda module, inputs, output: outputs.append(output)
    )
    return outputs


@pytest.mark.parametrize('others', [[], [EMA]])
def test_training_is_the_same_within_float_tolerance(tmp_path, others):
    trained = []
    for name, hooks in (('plain', others), ('laid', [*others, HOOK])):
        trained.append(runner(tmp_path, name, hooks))
        trained[-1].train()
    plain, laid = map(weights, trained)
    assert_close(laid, plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize('phase', ['train', 'val', 'test'])
def test_features_and_weights_are_channels_last(tmp_path, phase):
    run = runner(
        tmp_path,
        'run',
        [HOOK],
        data_preprocessor=dict(type='mmstn.BatchPreprocessor'),
        test_dataloader=config(tmp_path)['val_dataloader'],
        test_evaluator=dict(type='Accuracy'),
        test_cfg=dict(),
    )
    net = run.model.backbone.backbone.steps
    features = outputs_of(net.conv2)
    getattr(run, phase)()
    assert len(features) > 0
    for tensor in (net.conv2.weight, *features):
        assert laid_out(tensor)
        assert not tensor.is_contiguous()


def test_pictures_are_channels_last(tmp_path):
    run = runner(tmp_path, 'run', [HOOK])
    run.call_hook('before_run')
    pictures = [torch.rand(3, 8, 8) for _ in range(2)]
    inputs = run.model.data_preprocessor(dict(inputs=pictures))['inputs']
    assert laid_out(inputs)
    assert not inputs.is_contiguous()
    assert_close(inputs, (torch.stack(pictures) - 9) / 9)


@pytest.mark.parametrize('fused', [False, True])
@pytest.mark.parametrize(
    ('before', 'after'),
    [([HOOK], []), ([], [HOOK]), ([HOOK], [HOOK])],
    ids=str,
)
def test_a_run_goes_on_with_and_without_the_hook(
    tmp_path, before, after, fused, monkeypatch
):
    monkeypatch.setattr(np.random, 'randint', lambda high: 0)
    settings = dict(
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1)),
        train_dataloader=dict(
            config(tmp_path / 'none')['train_dataloader'],
            sampler=dict(type='DefaultSampler', shuffle=False),
        ),
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=1e-3, fused=fused)),
    )
    whole = runner(tmp_path, 'whole', before, **settings)
    whole.train()
    settings |= dict(load_from=f'{whole.work_dir}/epoch_1.pth', resume=True)
    rest = runner(tmp_path, 'rest', after, **settings)
    rest.train()
    assert_close(weights(rest), weights(whole), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize('shape', [(3,), (3, 5), (2, 3, 5)], ids=str)
def test_what_is_no_picture_stays_as_it_is(shape):
    tensor = torch.rand(shape[::-1]).permute(*reversed(range(len(shape))))
    assert channels_last(tensor) is tensor


def test_volumes_are_channels_last_too(tmp_path):
    cube = dict(
        type='mmstn.PlainNet',
        size=(8, 8, 8),
        steps=[dict(conv=4, kernel=3), dict(fc=6)],
    )
    cfg = config(tmp_path / 'run', (), hooks=[HOOK])
    cfg['model']['backbone'] = cube
    run = Runner(**cfg)
    run.call_hook('before_run')
    expected = run.model.backbone.steps.conv1.weight.clone()
    run.call_hook('before_train')
    weight = run.model.backbone.steps.conv1.weight
    volumes = [torch.rand(1, 8, 8, 8) for _ in range(2)]
    inputs = run.model.data_preprocessor(dict(inputs=volumes))['inputs']
    layout = torch.channels_last_3d
    assert weight.is_contiguous(memory_format=layout)
    assert inputs.is_contiguous(memory_format=layout)
    assert_close(weight, expected, rtol=0, atol=0)

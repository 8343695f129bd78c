from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

CONFIGS = Path(__file__).parents[1] / 'configs'
CANVAS = dict(R=28, RTS=42, P=42, E=42, TC=60)
FAMILIES = ['Aff', 'Proj', 'TPS']
DIGIT_MODELS = ['FCN', 'CNN'] + [
    f'ST-{net}-{family}' for net in ('FCN', 'CNN') for family in FAMILIES
]


def digits(monkeypatch, data, model):
    monkeypatch.setenv('DATA', data)
    monkeypatch.setenv('MODEL', model)
    return Config.fromfile(CONFIGS / 'stn_mnist.py')


def step(model, inputs):
    """Take the gradient of one batch."""
    model.init_weights()
    samples = [DataSample().set_gt_label(i % 10) for i in range(len(inputs))]
    model.loss(inputs, samples)['loss'].backward()


def without_gradient(model):
    return [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None
    ]


@pytest.mark.parametrize('path', sorted(CONFIGS.glob('*.py')), ids=str)
def test_every_config_says_how_to_run_it_and_what_came_of_it(path):
    header = Config.fromfile(path).text
    assert f'python tools/train.py configs/{path.name}' in header
    assert 'Source: ' in header
    assert 'Result: ' in header


def test_the_bundled_digits_train_on_what_their_pipeline_makes():
    cfg = Config.fromfile(CONFIGS / 'stn_digits.py')
    model = MODELS.build(cfg.model)
    step(model, torch.rand(2, 1, 42, 42))
    assert without_gradient(model) == []


@pytest.mark.parametrize('data', CANVAS)
@pytest.mark.parametrize('model', DIGIT_MODELS)
def test_every_digit_model_learns_on_every_data_set(monkeypatch, data, model):
    cfg = digits(monkeypatch, data, model)
    side = CANVAS[data]
    assert cfg.train_dataloader.dataset.pipeline[0].canvas == side
    model = MODELS.build(cfg.model)
    step(model, torch.rand(2, 1, side, side))
    assert without_gradient(model) == []


@pytest.mark.parametrize('data', CANVAS)
@pytest.mark.parametrize('model', DIGIT_MODELS)
def test_the_models_of_a_data_set_are_equally_large(monkeypatch, data, model):
    sizes = [
        sum(weight.numel() for weight in MODELS.build(cfg.model).parameters())
        for cfg in (
            digits(monkeypatch, data, model),
            digits(monkeypatch, data, 'CNN'),
        )
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.06)


@pytest.mark.parametrize(
    ('data', 'model'),
    [('RST', 'CNN'), ('R', 'ST-CNN'), ('R', 'ST-CNN-Affine'), ('R', 'RNN')],
)
def test_an_unknown_digit_model_is_refused(monkeypatch, data, model):
    with pytest.raises(ValueError, match=f'got DATA={data} MODEL={model}'):
        digits(monkeypatch, data, model)

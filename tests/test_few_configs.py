"""The configs of a few digits: equally large, and trained on a fold."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import DATASETS, MODELS
from mmpretrain.structures import DataSample

CONFIGS = Path(__file__).parents[1] / 'configs/few'
MODELS_OF = ['cnn', 'stn', 'pstn']
SIZES = [100, 1000, 3000]


def load(model, size=100):
    return Config.fromfile(CONFIGS / f'{model}_{size}.py')


def test_every_model_has_a_config_of_every_size():
    expected = {f'{m}_{s}.py' for m in MODELS_OF for s in SIZES}
    assert {path.name for path in CONFIGS.iterdir()} == expected


@pytest.mark.parametrize('model', MODELS_OF)
def test_the_models_are_equally_large_and_learn(model):
    built, plain = (MODELS.build(load(m).model) for m in (model, 'cnn'))
    count = sum(weight.numel() for weight in built.parameters())
    of_cnn = sum(weight.numel() for weight in plain.parameters())
    assert count == pytest.approx(of_cnn, rel=0.01)
    built.init_weights()
    samples = [DataSample().set_gt_label(i) for i in range(4)]
    images = torch.rand(4, 1, 28, 28)
    losses = built.loss(images, samples)
    sum(v for name, v in losses.items() if 'loss' in name).backward()
    assert all(p.grad is not None for p in built.parameters())
    assert ('loss_posterior' in losses) == (model == 'pstn')


@pytest.mark.parametrize('size', SIZES)
def test_the_models_of_a_size_are_trained_alike(size):
    first, *others = (load(model, size) for model in MODELS_OF)
    for other in others:
        for key in ('train_dataloader', 'train_cfg', 'param_scheduler'):
            assert other[key] == first[key]
        assert other.optim_wrapper.optimizer == first.optim_wrapper.optimizer


@pytest.mark.parametrize('size', SIZES)
def test_a_fold_is_reached_by_an_option(size, mnist_root):
    cfg = load('cnn', size)
    shown = []
    for fold in (0, 4):
        cfg.merge_from_dict({'train_dataloader.dataset.fold': fold})
        part = {**cfg.train_dataloader.dataset, 'data_root': str(mnist_root)}
        dataset = DATASETS.build(part)
        dataset.full_init()
        assert len(dataset) == size
        shown.append(set(dataset.data_list))
    assert not shown[0] & shown[1]
    assert (
        len(
            DATASETS.build(
                {**cfg.test_dataloader.dataset, 'data_root': str(mnist_root)}
            )
        )
        == 10000
    )

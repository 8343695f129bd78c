"""The configs of traffic signs: equally large, on clean and on noisy signs."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import DATASETS, MODELS
from two_iterations import two_iterations, untouched

CONFIGS = Path(__file__).parents[1] / 'configs/signs'
PAGES = sorted(path.stem for path in CONFIGS.glob('*.py'))
ALIKE = [page for page in PAGES if not page.endswith('_turned')]
CLASSES = [f'{number:02}' for number in range(43)]


@pytest.fixture(scope='module', name='folder')
def folder_fixture(tmp_path_factory):
    """An image folder as of the signs, of two pictures of each class."""
    root = tmp_path_factory.mktemp('gtsrb')
    generator = np.random.default_rng(0)
    for split in ('train', 'test'):
        for name in CLASSES:
            (root / split / name).mkdir(parents=True)
            for frame in ('00', '29'):
                picture = generator.integers(256, size=(30, 41, 3))
                path = root / split / name / f'00000_{frame}.png'
                cv2.imwrite(str(path), picture.astype(np.uint8))
    return root


def without_weights(part):
    """Take where pretrained weights lie out of a model's config."""
    part.pop('init_cfg', None)
    if 'backbone' in part:
        without_weights(part['backbone'])


def load(page):
    return Config.fromfile(CONFIGS / f'{page}.py')


@pytest.mark.parametrize('page', PAGES)
def test_the_models_learn_from_an_image_folder(page, folder):
    cfg = load(page)
    part = {**cfg.train_dataloader.dataset, 'data_root': str(folder)}
    dataset = DATASETS.build(part)
    assert len(dataset) == 86
    without_weights(cfg.model)
    built = MODELS.build(cfg.model)
    built.init_weights()
    data = pseudo_collate([dataset[index] for index in (0, 30)])
    data = built.data_preprocessor(data, True)
    side = 64 if 'turned' in page else 36
    assert data['inputs'].shape == (2, 3, side, side)
    losses = built(**data, mode='loss')
    sum(v for name, v in losses.items() if 'loss' in name).backward()
    assert all(p.grad is not None for p in built.parameters())


@pytest.mark.slow
@pytest.mark.parametrize('page', PAGES)
def test_two_iterations_reach_every_parameter(
    page, folder, localiser_rates, tmp_path
):
    cfg = load(page)
    without_weights(cfg.model)
    if 'vit' in page:  # at 0, as it starts, a head teaches a step later
        cfg.model.head.init_cfg = None
    runner = two_iterations(cfg, folder, tmp_path)
    assert 'val/accuracy/top1' in runner.message_hub.log_scalars
    assert not untouched(runner)


@pytest.mark.parametrize('page', ALIKE)
def test_the_models_are_equally_large(page):
    counts = [
        sum(
            weight.numel()
            for weight in MODELS.build(load(name).model).parameters()
        )
        for name in (page, 'cnn')
    ]
    assert counts[0] == pytest.approx(counts[1], rel=0.01)


def test_noise_is_fresh_in_training_and_the_same_in_test(folder):
    cfg = load('cnn_noise')
    shown = {}
    for loader in ('train_dataloader', 'test_dataloader'):
        part = {**cfg[loader].dataset, 'data_root': str(folder)}
        dataset = DATASETS.build(part)
        shown[loader] = torch.stack([dataset[7]['inputs'] for _ in range(2)])
    assert (shown['train_dataloader'].diff(dim=0) != 0).any()
    assert (shown['test_dataloader'].diff(dim=0) == 0).all()

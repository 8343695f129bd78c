"""Every config of the house numbers trains, on three numbers on a CPU."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.runner import Runner
from mmpretrain.registry import MODELS

from mmstn.datasets.svhn.svhn_crops import prepare
from mmstn.datasets.svhn.synthetic_house_numbers import make_folder

pytestmark = pytest.mark.slow

CONFIGS = Path(__file__).parents[1] / 'configs'
TRANSFORMERS = dict(single=1, multi=4)
MADE = 5  # numbers in each folder
PAGES = [
    path.relative_to(CONFIGS).as_posix()
    for folder in ('house_numbers', 'svhn')
    for path in sorted((CONFIGS / folder).glob('*.py'))
]
LIGHT = [  # of 128 pixels one is enough: 81 million parameters
    page for page in PAGES if '_128' not in page or 'multi' in page
]


def transformers(page):
    """The number of transformers a config says it has."""
    return next((n for name, n in TRANSFORMERS.items() if name in page), 0)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """House numbers of random digits, prepared."""
    root = tmp_path_factory.mktemp('house_numbers')
    digits = np.random.default_rng(0).integers(0, 256, (10, 28, 28), 'u1')
    for key, folder in enumerate(('train', 'test')):
        made = (digits, np.arange(10))
        make_folder(root / folder, made, MADE, (0, key), lambda pair: pair[0])
        prepare(root, folder, lambda pair: pair[0])
    return root


@pytest.mark.parametrize('page', LIGHT)
def test_two_iterations_and_a_validation(
    tmp_path, root, localiser_rates, page
):
    cfg = Config.fromfile(CONFIGS / page)
    is_svhn = page.startswith('svhn/')
    work_dir = str(tmp_path)
    cfg.update(work_dir=work_dir, experiment_name=work_dir)
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.default_hooks.checkpoint.save_last = False
    for split in ('train', 'val', 'test'):
        loader = cfg[f'{split}_dataloader']
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(root)
        if is_svhn:
            loader.dataset.update(held_out=1, with_extra=False)
    runner = Runner.from_cfg(cfg)
    before = {n: p.clone() for n, p in runner.model.named_parameters()}
    runner.train()
    held_out = 1 if is_svhn else 0
    assert len(runner.train_dataloader.dataset) == MADE - held_out
    assert len(runner.val_dataloader.dataset) == (held_out or MADE)
    own, base = localiser_rates(runner.model, runner.optim_wrapper.optimizer)
    rate = (0.1 if is_svhn else 0.3) * base
    assert sorted(own) == pytest.approx([rate] if transformers(page) else [])
    logged = runner.message_hub.log_scalars
    assert 0 <= logged['val/sequence/accuracy'].current() <= 100
    still = [
        name
        for name, parameter in runner.model.named_parameters()
        if torch.equal(before[name], parameter)
    ]
    assert still == []  # the first iteration moves no trunk of a localiser
    pictures = list(tmp_path.rglob('attention_*.png'))
    assert len(pictures) == (2 if transformers(page) else 0)


@pytest.mark.parametrize('page', PAGES)
def test_transformers_start_with_the_whole_image(page):
    cfg = Config.fromfile(CONFIGS / page)
    listed = cfg.model.backbone.get('transformers', [])
    listed = [listed] if isinstance(listed, dict) else listed
    places = [transformer.get('before') for transformer in listed]
    within = [f'steps.conv{number}' for number in (2, 3, 4)]
    assert places == [None, *within][: transformers(page)]
    torch.manual_seed(0)
    net = MODELS.build(cfg.model).eval()
    net.init_weights()
    bare = getattr(net.backbone, 'backbone', net.backbone)
    reader = bare
    if bare is not net.backbone:
        reader = net.backbone.transformers[0].localisation.trunk
    source = torch.rand(2, *reader.in_shape)
    (features,) = net.backbone(source)
    shrunk = F.interpolate(source, bare.in_shape[1:], mode='bilinear')
    torch.testing.assert_close(features, bare(shrunk)[0])

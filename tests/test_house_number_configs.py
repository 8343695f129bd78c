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

CONFIGS = Path(__file__).parents[1] / 'configs'
TRANSFORMERS = {'CNN': 0, 'ST-CNN-Single': 1, 'ST-CNN-Multi': 4}
MADE = 5  # numbers in each folder
PAGES = [('stn_svhn', '64'), ('stn_svhn', '128'), ('stn_house_numbers', '64')]


def config(monkeypatch, page, size, model):
    monkeypatch.setenv('SIZE', size)
    monkeypatch.setenv('MODEL', model)
    return Config.fromfile(CONFIGS / f'{page}.py')


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


@pytest.mark.parametrize(
    ('page', 'size', 'model'),
    [
        (page, size, model)
        for page, size in PAGES
        for model in TRANSFORMERS
        if size == '64' or model == 'ST-CNN-Multi'  # 81 million parameters
    ],
)
def test_two_iterations_and_a_validation(
    monkeypatch, tmp_path, root, localiser_rates, page, size, model
):
    cfg = config(monkeypatch, page, size, model)
    work_dir = str(tmp_path)
    cfg.update(work_dir=work_dir, experiment_name=work_dir)
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.default_hooks.checkpoint.save_last = False
    for split in ('train', 'val', 'test'):
        loader = cfg[f'{split}_dataloader']
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(root)
        if page == 'stn_svhn':
            loader.dataset.update(held_out=1, with_extra=False)
    runner = Runner.from_cfg(cfg)
    before = {n: p.clone() for n, p in runner.model.named_parameters()}
    runner.train()
    held_out = 1 if page == 'stn_svhn' else 0
    assert len(runner.train_dataloader.dataset) == MADE - held_out
    assert len(runner.val_dataloader.dataset) == (held_out or MADE)
    own, base = localiser_rates(runner.model, runner.optim_wrapper.optimizer)
    rate = dict(stn_svhn=0.1, stn_house_numbers=0.3)[page] * base
    assert sorted(own) == pytest.approx([rate] if TRANSFORMERS[model] else [])
    logged = runner.message_hub.log_scalars
    assert 0 <= logged['val/sequence/accuracy'].current() <= 100
    still = [
        name
        for name, parameter in runner.model.named_parameters()
        if torch.equal(before[name], parameter)
    ]
    assert still == []  # the first iteration moves no trunk of a localiser
    pictures = list(tmp_path.rglob('attention_*.png'))
    assert len(pictures) == (2 if TRANSFORMERS[model] else 0)


@pytest.mark.parametrize('model', TRANSFORMERS)
@pytest.mark.parametrize(('page', 'size'), PAGES)
def test_transformers_start_with_the_whole_image(
    monkeypatch, page, size, model
):
    cfg = config(monkeypatch, page, size, model)
    places = [
        t.get('before') for t in cfg.model.backbone.get('transformers', [])
    ]
    within = [f'steps.conv{number}' for number in (2, 3, 4)]
    assert places == [None, *within][: TRANSFORMERS[model]]
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


@pytest.mark.parametrize(
    ('size', 'model'), [('54', 'CNN'), ('64', 'ST-CNN'), ('64', 'Multi')]
)
def test_an_unknown_model_or_size_is_refused(monkeypatch, size, model):
    named = f'got SIZE={size} MODEL={model}'
    with pytest.raises(ValueError, match=named):
        config(monkeypatch, 'stn_svhn', size, model)

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text()
MARKDOWN = [
    Path('README.md'),
    Path('configs/README.md'),
    Path('CONTRIBUTING.md'),
    *(path.relative_to(ROOT) for path in sorted(ROOT.glob('docs/*.md'))),
]
PAGES = MARKDOWN + [
    path.relative_to(ROOT) for path in sorted(ROOT.glob('configs/**/*.py'))
]
OF_MMPRETRAIN = {'configs/mobilenet_v2/metafile.yml'}

CONFIG = re.search(r'```python\n(.*?)```', README, re.S)[1]
INSIDE = (
    CONFIG.replace("type='mmstn.Spa", "before='layer2.0', type='mmstn.Spa")
    .replace('(224, 224)', '(56, 56)')
    .replace('in_channels=3', 'in_channels=64')
)


@pytest.mark.parametrize('config', [CONFIG, INSIDE], ids=['before', 'inside'])
def test_the_config_of_the_readme_trains_outside_the_repository(
    tmp_path, config
):
    path = tmp_path / 'mine.py'
    path.write_text(config)
    cfg = Config.fromfile(path)
    assert cfg.optim_wrapper.optimizer.type == 'SGD'  # of the base
    model = MODELS.build(cfg.model)
    model.init_weights()
    samples = [DataSample().set_gt_label(i) for i in range(2)]
    model.loss(torch.rand(2, 3, 224, 224), samples)['loss'].backward()
    transformer = model.backbone.transformers[0]
    assert transformer.localisation.regressor.weight.grad.abs().sum() > 0


@pytest.mark.parametrize('page', MARKDOWN, ids=str)
def test_links_of_a_page_exist(page):
    for link in re.findall(r'\]\((?!http)(.*?)\)', (ROOT / page).read_text()):
        path, _, _ = link.partition('#')
        assert (ROOT / page).parent.joinpath(path).exists(), link


@pytest.mark.parametrize('path', PAGES, ids=str)
def test_what_a_page_runs_is_there(path):
    page = (ROOT / path).read_text()
    page = page if path.suffix == '.md' else page.split('"""')[1]
    for named in re.findall(r'(?<![\w/:])(?:configs|tools)/[\w/]+\.\w+', page):
        assert (ROOT / named).is_file() or named in OF_MMPRETRAIN
    for named in re.findall(r'mmstn/[\w/]+\.py', page):
        assert (ROOT / named).is_file()


def test_the_readme_is_a_page():
    assert len(README.splitlines()) <= 200


def test_a_config_of_the_readme_gains_losses(tmp_path):
    blocks = re.findall(r'```python\n(.*?)```', README, re.S)
    (losses,) = [block for block in blocks if 'theta_losses' in block]
    (tmp_path / 'mine.py').write_text(CONFIG)
    (tmp_path / 'with_losses.py').write_text(f"_base_ = 'mine.py'\n{losses}")
    model = MODELS.build(Config.fromfile(tmp_path / 'with_losses.py').model)
    samples = [DataSample().set_gt_label(i) for i in range(2)]
    assert set(model.loss(torch.rand(2, 3, 224, 224), samples)) == {
        'loss',
        'loss_consistency',
    }


def test_plain_pytorch_trains_and_is_drawn_in_ten_lines():
    blocks = re.findall(r'```python\n(.*?)```', README, re.S)
    (plain,) = [block for block in blocks if 'draw_attention' in block]
    assert len(list(filter(str.strip, plain.splitlines()))) == 10
    torch.manual_seed(0)
    digits = torch.rand(3, 8, 1, 28, 28), torch.randint(10, (3, 8))
    scope = dict(loader=list(zip(*digits, strict=True)))
    exec(plain, scope)
    look, images = scope['look'], scope['images']
    assert (look.locate(images) - torch.tensor(look.start)).abs().max() > 1e-4
    assert scope['loss'].isfinite()
    assert scope['picture'].dtype == np.uint8
    assert scope['picture'].shape[2] == 3

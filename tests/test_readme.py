import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text()


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


@pytest.mark.parametrize('path', re.findall(r'\]\((?!http)(.*?)\)', README))
def test_links_of_the_readme_exist(path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize(
    'path', sorted(set(re.findall(r'\b(?:configs|tools)/\w+\.\w+', README)))
)
def test_files_that_the_readme_runs_exist(path):
    assert (ROOT / path).is_file()

"""The tool that draws the windows of a co-localisation by step."""

import runpy
import sys
from pathlib import Path

import cv2
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / 'configs/colocalisation/clean.py'


def test_it_writes_a_column_for_each_checkpoint(
    few_digits, tmp_path, monkeypatch
):
    model = MODELS.build(Config.fromfile(CONFIG).model)
    for step in (1, 2):
        torch.save(model.state_dict(), tmp_path / f'step_{step}.pth')
    arguments = [CONFIG, tmp_path / 'step_1.pth', tmp_path / 'step_2.pth']
    arguments += ['--samples', 0, '--out', tmp_path / 'a.png', '--cfg-options']
    data = 'test_dataloader.dataset'
    arguments += [f'{data}.data_root={few_digits}', f'{data}.num_digits=1']
    monkeypatch.setattr(sys, 'argv', ['tool', *map(str, arguments)])
    tool = ROOT / 'tools/visualize_colocalisation.py'
    runpy.run_path(str(tool), run_name='__main__')
    height, width, _ = cv2.imread(str(tmp_path / 'a.png')).shape
    assert width > 1.5 * height  # two columns, one row

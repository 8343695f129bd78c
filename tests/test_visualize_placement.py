"""The tool that draws where an ST-GAN puts things."""

import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS

from mmstn.visualization.film import WINDOW, stages

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / 'configs/st_gan/framed_digits.py'


def test_each_stage_has_the_outline_and_the_true_place():
    square = np.array([[1.0, 1], [5, 1], [5, 5], [1, 5]])
    pictures = np.zeros((2, 3, 8, 8), np.uint8)
    windows = np.stack([square, square + 1, square + 2])
    heads = ['a', 'b', 'c']
    drawn = stages(pictures, [windows] * 2, [square + 2] * 2, heads)
    assert (drawn == WINDOW).all(2).any()
    still = windows[:1].repeat(3, 0)
    for other in (
        stages(pictures, [still] * 2, [square + 2] * 2, heads),
        stages(pictures, [windows] * 2, [square] * 2, heads),
    ):
        assert other.shape == drawn.shape
        assert (other != drawn).any()


def test_it_writes_a_picture(few_digits, tmp_path, monkeypatch):
    model = MODELS.build(Config.fromfile(CONFIG).model)
    torch.save(model.state_dict(), tmp_path / 'weights.pth')
    data = f'test_dataloader.dataset.data_root={few_digits}'
    arguments = [CONFIG, tmp_path / 'weights.pth', '--samples', 0, 7]
    arguments += ['--out', tmp_path / 'out/a.png', '--cfg-options', data]
    monkeypatch.setattr(sys, 'argv', ['tool', *map(str, arguments)])
    tool = ROOT / 'tools/visualize_placement.py'
    runpy.run_path(str(tool), run_name='__main__')
    height, width, _ = cv2.imread(str(tmp_path / 'out/a.png')).shape
    assert width > 2 * height  # five columns, two rows

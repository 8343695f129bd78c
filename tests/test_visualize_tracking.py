"""The tool that draws what a tracker follows."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from PIL import Image

from mmstn.visualization.draw import HALO
from mmstn.visualization.film import WINDOW, film

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / 'configs/tracking/carried.py'


def test_a_film_has_a_picture_a_frame_with_window_and_box():
    clip = np.zeros((3, 8, 8), np.uint8)
    square = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])
    windows = np.stack([square, square + 1, square + 2])
    pictures = film([clip] * 2, [windows] * 2, [windows + 1] * 2)
    assert len(pictures) == 3
    assert len({picture.shape for picture in pictures}) == 1
    for colour in (WINDOW, HALO):
        assert (pictures[1] == colour).all(2).any()
    assert (pictures[0] != pictures[1]).any()


def test_it_writes_an_animation_and_a_picture(
    few_digits, tmp_path, monkeypatch
):
    model = MODELS.build(Config.fromfile(CONFIG).model)
    torch.save(model.state_dict(), tmp_path / 'weights.pth')
    data = f'test_dataloader.dataset.data_root={few_digits}'
    arguments = [CONFIG, tmp_path / 'weights.pth', '--samples', 0, 7]
    arguments += ['--out', tmp_path / 'out', '--cfg-options', data]
    monkeypatch.setattr(sys, 'argv', ['tool', *map(str, arguments)])
    runpy.run_path(
        str(ROOT / 'tools/visualize_tracking.py'), run_name='__main__'
    )
    with Image.open(tmp_path / 'out/tracking.gif') as animation:
        assert animation.n_frames == 20
    assert (tmp_path / 'out/tracking.png').stat().st_size > 1000


@pytest.mark.parametrize(
    ('config', 'options', 'message'),
    [
        ('mnist/fcn_r.py', [], 'what a Tracker does, .* ImageClassifier'),
        ('tracking/carried.py', ['--samples', '999999'], 'has samples 0 to'),
    ],
    ids=['model', 'sample'],
)
def test_what_cannot_be_drawn_is_said(
    few_digits, monkeypatch, config, options, message
):
    data = f'test_dataloader.dataset.data_root={few_digits}'
    arguments = [ROOT / 'configs' / config, 'none.pth', *options]
    arguments += ['--cfg-options', data]
    monkeypatch.setattr(sys, 'argv', ['tool', *map(str, arguments)])
    tool = ROOT / 'tools/visualize_tracking.py'
    with pytest.raises(ValueError, match=message):
        runpy.run_path(str(tool), run_name='__main__')

"""The size of a network, in a process of its own as for a record."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[2]


def test_a_data_set_of_mmpretrain_is_found_by_its_name(tmp_path):
    for name in range(43):
        folder = tmp_path / 'test' / f'{name:02}'
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / '0.png'), np.zeros((40, 40, 3), np.uint8))
    command = [sys.executable, '-m', 'mmstn.results.measure']
    command += ['configs/signs/cnn.py', '--cfg-options']
    command += [f'test_dataloader.dataset.data_root={tmp_path}']
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout.splitlines()[-1])['parameters'] == 114555

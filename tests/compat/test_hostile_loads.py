"""No way to a checkpoint runs its code: in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.logging import HistoryBuffer

pytestmark = pytest.mark.slow


class Opening:
    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return open, (self.marker, 'w')


class Getting:
    """The real ``getattr`` would answer this, the stand-in must not."""

    def __reduce__(self):
        return getattr, (HistoryBuffer, '__init__')


@pytest.mark.parametrize(
    ('where', 'switch'),
    [
        ('main', '0'),
        ('main', '1'),
        ('thread', '1'),
        ('fork', '1'),
        ('spawn', '0'),
        ('spawn', '1'),
    ],
)
def test_no_load_runs_code_or_advises_to(where, switch, tmp_path):
    folder, marker = tmp_path / 'files', tmp_path / 'code_was_run'
    folder.mkdir()
    torch.save({'state_dict': Opening(marker)}, folder / 'open.pth')
    torch.save({'state_dict': Getting()}, folder / 'getattr.pth')
    torch.jit.script(torch.nn.Linear(1, 1)).save(folder / 'script.pth')
    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name('hostile_loads.py'),
            folder,
            where,
        ],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD': switch,
            'TORCH_HOME': str(tmp_path / 'torch'),
            'PYTHONPATH': str(Path(__file__).parents[2]),
        },
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines().count('refused') == 30
    assert not marker.exists()

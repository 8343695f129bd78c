"""A short form of the drill: one fault of each kind and setting."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.dist]

DRILL = Path(__file__).with_name('kill_resume.py')


def test_nine_killed_trainings_lose_nothing():
    done = subprocess.run(
        [sys.executable, DRILL, '--faults', '9'],
        cwd=DRILL.parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    assert re.search('^9 of 9 lost nothing', done.stdout, re.MULTILINE)

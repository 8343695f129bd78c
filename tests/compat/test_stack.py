"""Whoever has no OpenMMLab stack, or two, is told what to install."""

import sys

import pytest
from fresh_process import python

from mmstn.compat import stack


@pytest.mark.slow
def test_without_a_stack_both_lines_and_the_trap_are_named():
    hide = 'import sys; sys.modules.update(mmengine=None, mmcv=None)\n'
    done = python(f'{hide}import mmstn')
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith('ImportError: mmstn needs mmengine, mmcv.')
    for part in ('mmstn[openmmlab]', 'mmstn[onedl]', 'never both'):
        assert part in last


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """A function that lays down the record of an installed distribution."""
    monkeypatch.setattr(sys, 'path', [*sys.path, str(tmp_path)])

    def install(name):
        folder = tmp_path / f'{name.replace("-", "_")}-1.0.dist-info'
        folder.mkdir()
        (folder / 'METADATA').write_text(f'Name: {name}\nVersion: 1.0\n')

    return install


def test_two_stacks_in_one_place_are_said(distribution):
    for name in stack.OWNERS['mmengine']:
        if not stack.is_distribution(name):
            distribution(name)
    with pytest.warns(UserWarning, match='mmengine and onedl-mmengine are'):
        stack.check_stack()


def test_one_stack_is_not_warned_of(recwarn):
    stack.check_stack()
    assert not recwarn.list

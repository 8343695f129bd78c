"""The tool that runs published experiments, up to the runs themselves."""

import runpy
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / 'tools/reproduce.py'


@pytest.fixture
def reproduce(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *arguments])
        runpy.run_path(str(TOOL), run_name='__main__')
        return capsys.readouterr().out.splitlines()

    return call


def test_it_lists_what_would_run(reproduce):
    lines = reproduce('mnist/r', '--seeds', '0', '77', '--list')
    assert len(lines) == 16  # eight networks
    assert 'mnist/fcn_r seed 0 has a record' in lines
    assert 'mnist/fcn_r seed 77 ' in lines
    assert len(reproduce('stn_digits', '--list')) == 3  # seeds of its table


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([], 'names are missing: of experiments, of tables, or `all`'),
        (['mnist/fnc_r', '--list'], 'mnist/fcn_r'),
    ],
    ids=str,
)
def test_what_it_cannot_run_is_answered(reproduce, capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        reproduce(*arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err

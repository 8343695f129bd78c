"""The tools of the house numbers, from MNIST to a data set."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest

from mmstn.datasets.house_numbers import HouseNumbers

TOOLS = Path(__file__).parents[1] / 'tools'


@pytest.fixture
def run(monkeypatch, capsys):
    """A function that runs a tool and returns what it printed."""

    def run(name, *arguments):
        monkeypatch.setattr(sys, 'argv', [name, *map(str, arguments)])
        runpy.run_path(TOOLS / name, run_name='__main__')
        return capsys.readouterr().out

    return run


def test_made_house_numbers_become_a_data_set(run, mnist_root, tmp_path):
    root = tmp_path / 'numbers'
    counts = ['--train', 4, '--test', 3]
    run('make_house_numbers.py', root, '--mnist', mnist_root, *counts)
    printed = run('prepare_svhn.py', root)
    assert printed.count('0 images without crops') == 2
    assert f'{root / "extra"}: not there, left out' in printed
    for split, count in (('train', 4), ('test', 3)):
        dataset = HouseNumbers(str(root), split, held_out=0, with_extra=False)
        assert len(dataset) == count


def test_nothing_is_made_over_something(run, mnist_root, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run('make_house_numbers.py', tmp_path, '--mnist', mnist_root)
    assert f'{tmp_path} exists; delete it' in capsys.readouterr().err


def test_what_is_missing_is_named(run, shared_data, tmp_path):
    source = shared_data('svhn-fullnumbers-fixture')
    shutil.copytree(source / 'train', tmp_path / 'train')
    printed = run('prepare_svhn.py', tmp_path)
    assert '36 images without crops' in printed
    assert f'{tmp_path / "train/4.png"} is missing' in printed
    assert f'16 more, listed in {tmp_path / "crops64/train.json"}' in printed


def test_a_folder_without_numbers_is_refused(run, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run('prepare_svhn.py', tmp_path)
    printed = capsys.readouterr().err
    assert f'{tmp_path} has no digitStruct.mat' in printed
    assert 'http://ufldl.stanford.edu/housenumbers' in printed

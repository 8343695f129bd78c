"""The tools of the house numbers, from MNIST to a data set."""

import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from mmstn.datasets.digits.mnist import load_mnist
from mmstn.datasets.svhn.house_numbers import HouseNumbers
from mmstn.datasets.svhn.synthetic_house_numbers import make_folder

TOOLS = Path(__file__).parents[1] / 'tools'


@pytest.fixture
def run(monkeypatch, capsys):
    """A function that runs a tool and returns its output."""

    def run(name, *arguments):
        monkeypatch.setattr(sys, 'argv', [name, *map(str, arguments)])
        runpy.run_path(TOOLS / name, run_name='__main__')
        return capsys.readouterr().out

    return run


def test_synthetic_house_numbers_become_a_data_set(run, mnist_root, tmp_path):
    root = tmp_path / 'numbers'
    counts = ['--train', 4, '--test', 3]
    run('make_house_numbers.py', root, '--mnist', mnist_root, *counts)
    printed = run('prepare_svhn.py', root)
    assert printed.count('0 images without crops') == 2
    assert f'{root / "extra"}: not there, left out' in printed
    for split, count in (('train', 4), ('test', 3)):
        dataset = HouseNumbers(str(root), split, held_out=0, with_extra=False)
        assert len(dataset) == count


def test_a_split_is_made_of_its_own_digits_and_seed(run, mnist_root, tmp_path):
    counts = ['--train', 2, '--test', 2, '--seed', 7]
    made, again = tmp_path / 'made', tmp_path / 'again'
    run('make_house_numbers.py', made, '--mnist', mnist_root, *counts)
    for key, split in enumerate(('train', 'test')):
        digits = load_mnist(mnist_root, split, download=False)
        make_folder(again / split, digits, 2, (7, key), lambda pair: pair[0])
        for name in ('1.png', '2.png'):
            picture = (made / split / name).read_bytes()
            assert picture == (again / split / name).read_bytes()


@pytest.mark.parametrize('wrong', [('--train', 0), ('--seed', -1)], ids=str)
def test_a_wrong_number_leaves_nothing_behind(run, tmp_path, capsys, wrong):
    with pytest.raises(SystemExit):
        run('make_house_numbers.py', tmp_path / 'new', *wrong)
    assert '--train and --test start at 1' in capsys.readouterr().err
    assert not (tmp_path / 'new').exists()


def test_a_damaged_list_does_not_keep_others_from_being_prepared(
    run, tmp_path, capsys
):
    for split in ('train', 'test'):
        digits = np.full((1, 28, 28), 255, np.uint8), np.array([3])
        make_folder(tmp_path / split, digits, 1, (0,), lambda pair: pair[0])
    damaged = tmp_path / 'train/digitStruct.mat'
    damaged.write_bytes(b'no list')
    with pytest.raises(SystemExit) as stop:
        run('prepare_svhn.py', tmp_path)
    assert stop.value.code == 1
    assert f'{damaged} is damaged' in capsys.readouterr().err
    assert len(HouseNumbers(str(tmp_path), 'test')) == 1


def test_nothing_is_made_over_something(run, mnist_root, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run('make_house_numbers.py', tmp_path, '--mnist', mnist_root)
    assert f'{tmp_path} exists; delete it' in capsys.readouterr().err


def test_images_without_crops_are_named(run, shared_data, tmp_path):
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

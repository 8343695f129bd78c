"""Weights ship in half precision, if they measure as their record says."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from mmstn.results.experiments import Experiment, Table
from mmstn.results.run import Run
from mmstn.results.weights import ship

WEIGHTS = dict(weight=torch.rand(3, 2), count=torch.tensor(7))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run that is done, with 90 % in its record."""
    row = Experiment('a/net', 'Net')
    run = Run(tmp_path, Table('a', 'a', 'accuracy', (row,)), row, 0)
    run.folder.mkdir(parents=True)
    checkpoint = run.folder / 'epoch_1.pth'
    meta = dict(dataset_meta=dict(classes=['x']), epoch=1)
    torch.save(dict(state_dict=WEIGHTS, meta=meta, optimizer={}), checkpoint)
    (run.folder / 'last_checkpoint').write_text(str(checkpoint))
    (run.folder / 'commit').write_text('abc')
    name = 'mmstn.results.weights.'
    monkeypatch.setattr(f'{name}clean_copy', lambda *_: tmp_path)
    monkeypatch.setattr(f'{name}WEIGHTS', tmp_path / 'weights')
    record = SimpleNamespace(value=lambda metric: 90.0)
    monkeypatch.setattr(f'{name}read_record', lambda path: record)
    return run


def measure(monkeypatch, value):
    monkeypatch.setattr(
        Run, 'test', lambda run, source, lock, path: dict(accuracy=value)
    )


def test_weights_alone_ship_in_half(run, monkeypatch):
    measure(monkeypatch, 89.96)
    path = ship(run)
    assert path == run.root / 'weights/a/net.pth'
    shipped = torch.load(path)
    assert set(shipped) == {'state_dict', 'meta'}
    assert shipped['meta'] == dict(dataset_meta=dict(classes=['x']))
    assert torch.equal(
        shipped['state_dict']['weight'], WEIGHTS['weight'].half()
    )
    assert torch.equal(shipped['state_dict']['count'], WEIGHTS['count'])


@pytest.mark.parametrize('value', [89.94, 90.06])
def test_what_measures_otherwise_does_not_ship(run, monkeypatch, value):
    measure(monkeypatch, value)
    with pytest.raises(ValueError, match=f'is {value}, but 90.00 in .*net'):
        ship(run)
    assert not Path(run.root / 'weights').exists()


def test_a_row_that_is_no_config_of_its_own_does_not_ship(run):
    row = Experiment('a/net@10', 'Net', options=dict(epochs=10))
    with pytest.raises(ValueError, match='an experiment without an @'):
        ship(Run(run.root, run.table, row, 0))

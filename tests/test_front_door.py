"""Laws of ``import mmstn``: light, lazy, and honest about what is missing."""

import importlib
import subprocess
import sys

import pytest
import torch
from doc_example import run_example

import mmstn
from mmstn import front_door

MODELS = ['backbones', 'classifiers', 'heads', 'losses', 'necks']
MODELS += ['transformer']
every_name = pytest.mark.parametrize('name', front_door.PUBLIC)


def python(code):
    """Return what a fresh interpreter prints."""
    run = [sys.executable, '-W', 'ignore', '-c', code]
    return subprocess.check_output(run, text=True).strip()


@every_name
def test_a_public_name_is_what_its_part_of_the_package_has(name):
    part = importlib.import_module(front_door.PUBLIC[name])
    assert getattr(mmstn, name) is getattr(part, name)
    assert name in part.__all__


def test_there_are_about_twenty_and_dir_and_star_show_them():
    assert 15 <= len(front_door.PUBLIC) <= 25
    assert set(front_door.PUBLIC) <= set(dir(mmstn))
    assert set(front_door.PUBLIC) == set(mmstn.__all__)
    assert {'__version__', 'compat'} <= set(dir(mmstn))


@pytest.mark.parametrize(
    'statement',
    [
        'from mmstn import SpatialTransformer as found',
        'from mmstn.models import SpatialTransformer as found',
        'from mmstn import *; found = SpatialTransformer',
        'import mmstn; found = mmstn.SpatialTransformer',
    ],
)
def test_a_transformer_is_found_where_one_looks(statement):
    scope = {}
    exec(statement, scope)
    assert scope['found'].__module__.startswith('mmstn.models.transformer')


def test_functions_are_found_where_one_looks():
    from mmstn.geometry import sample
    from mmstn.geometry.sampling import sample as same

    assert sample is same


@pytest.mark.parametrize('part', MODELS)
def test_models_has_all_that_its_parts_have(part):
    models = importlib.import_module('mmstn.models')
    names = importlib.import_module(f'mmstn.models.{part}').__all__
    assert set(names) <= set(models.__all__) & set(dir(models))


@pytest.mark.slow
def test_no_model_is_imported_before_a_name_is_asked_for():
    heavy = 'sorted({"mmpretrain", "mmstn.models", "mmcv"} & {*sys.modules})'
    before, listed, after = python(
        f'import sys, mmstn; print({heavy}); dir(mmstn); print({heavy}); '
        f'mmstn.AffineGrid; print({heavy})'
    ).splitlines()[:3]
    assert before == listed == '[]'
    assert after == "['mmcv', 'mmpretrain', 'mmstn.models']"


def test_a_mistyped_name_is_answered_with_near_ones():
    message = "no attribute 'SpatialTransfomer'; did you mean SpatialTransform"
    with pytest.raises(AttributeError, match=message):
        _ = mmstn.SpatialTransfomer
    with pytest.raises(AttributeError, match="no attribute 'banana'$"):
        _ = mmstn.banana


@pytest.mark.parametrize('error', [ImportError, AttributeError])
@pytest.mark.parametrize(
    'statement', ['from mmstn import broken', 'import mmstn; mmstn.broken']
)
def test_what_breaks_behind_a_name_is_said(
    tmp_path, monkeypatch, statement, error
):
    (tmp_path / 'broken_part.py').write_text(
        f'raise {error.__name__}("the screw is loose")'
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(front_door.PUBLIC, 'broken', 'broken_part')
    with pytest.raises(ImportError, match='the screw is loose'):
        exec(statement, {})


@pytest.mark.parametrize(
    'name', [name for name in front_door.PUBLIC if name != 'STNInferencer']
)
def test_the_example_of_a_public_name_runs(name):
    scope = dict(mmstn=mmstn, torch=torch, nn=torch.nn)
    run_example(getattr(mmstn, name), name, **scope)

"""A mend waits for its module, and imports nothing."""

import sys

import pytest

from mmstn.compat.imports import after_import


@pytest.fixture
def late(tmp_path, monkeypatch):
    """The name of a module that nothing has imported."""
    (tmp_path / 'late.py').write_text('value = 1')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, 'meta_path', [*sys.meta_path])
    yield 'late'
    sys.modules.pop('late', None)


def double(module):
    module.value *= 2


def test_a_module_is_mended_when_it_is_imported(late):
    after_import(late, double)
    assert late not in sys.modules
    assert __import__(late).value == 2


def test_a_module_that_is_imported_already_is_mended_now(late):
    module = __import__(late)
    after_import(late, double)
    assert module.value == 2


def test_two_mends_of_one_module_both_hold(late):
    after_import(late, double)
    after_import(late, double)
    assert __import__(late).value == 4


def test_a_module_that_is_missing_stays_missing(late):
    after_import('nowhere', double)
    with pytest.raises(ModuleNotFoundError, match='nowhere'):
        __import__('nowhere')

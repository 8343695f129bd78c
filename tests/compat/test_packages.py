"""Packages and configs are found."""

from pathlib import Path

import pytest
from mmengine import utils
from mmengine.config import Config
from mmengine.runner import checkpoint

import mmstn
from mmstn import compat, shipped


def test_installed_packages_are_found_without_pkg_resources():
    assert utils.is_installed('opencv-python')
    assert utils.is_installed('mmpretrain')
    assert not utils.is_installed('no-such-package')
    path = utils.get_installed_path('mmstn')
    assert path == str(Path(mmstn.__file__).parent)


def test_mends_are_applied_once():
    before = checkpoint.CheckpointLoader.load_checkpoint
    compat.apply()
    assert checkpoint.CheckpointLoader.load_checkpoint == before


@pytest.mark.parametrize('base', ['stn_digits.py', '_base_/line.py'])
def test_configs_outside_the_repository_find_ours(base, tmp_path, monkeypatch):
    configs = tmp_path / 'configs'
    (configs / '_base_').mkdir(parents=True)
    (configs / base).write_text("model = dict(type='ResNet', depth=18)\n")
    monkeypatch.setattr(shipped, 'MIM', tmp_path)
    outside = tmp_path / 'outside.py'
    outside.write_text(f"_base_ = 'mmstn::{base}'\nmodel = dict(depth=50)\n")
    assert Config.fromfile(outside).model == dict(type='ResNet', depth=50)


def test_the_package_holds_its_configs(tmp_path):
    outside = tmp_path / 'outside.py'
    outside.write_text("_base_ = 'mmstn::stn_digits.py'\n")
    inside = Path(mmstn.__file__).parents[1] / 'configs' / 'stn_digits.py'
    assert Config.fromfile(outside).model == Config.fromfile(inside).model


def test_an_unknown_config_of_ours_is_answered_with_those_alike(tmp_path):
    outside = tmp_path / 'outside.py'
    outside.write_text("_base_ = 'mmstn::stn_digit.py'\n")
    with pytest.raises(FileNotFoundError, match='there are stn_digits'):
        Config.fromfile(outside)

"""A file is whole, or the one before it stays."""

import ast
import os
import resource
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from mmstn.files import default_work_dir, write_png, write_whole

ROOT = Path(__file__).parents[1]
FILES = [*ROOT.glob('mmstn/**/*.py'), *ROOT.glob('tools/*.py')]
PICTURE = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)


def test_no_two_configs_share_a_work_dir():
    configs = [str(path) for path in ROOT.glob('configs/**/*.py')]
    assert len(set(map(default_work_dir, configs))) == len(configs)


@pytest.mark.parametrize(
    ('config', 'work_dir'),
    [
        ('configs/stn_digits.py', 'work_dirs/stn_digits'),
        ('configs/sums/cnn.py', 'work_dirs/sums/cnn'),
        ('mine.py', 'work_dirs/mine'),
        ('/a/configs/b/configs/c/mine.py', 'work_dirs/c/mine'),
    ],
)
def test_a_work_dir_is_named_as_its_config(config, work_dir):
    assert default_work_dir(config) == Path(work_dir)


@contextmanager
def small_files():
    """Let no file be larger than 1,000 bytes, as on a disk that is full.

    Within a test alone: pytest itself may be writing into a file.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize('level', [1, 6])
@pytest.mark.parametrize('name', ['a.png', 'ä b.png', os.fsdecode(b'\xff')])
def test_a_picture_is_read_as_it_was_written(tmp_path, name, level):
    write_png(tmp_path / name, PICTURE, level)
    with Image.open(tmp_path / name) as image:
        assert_array_equal(np.asarray(image), PICTURE)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    path = tmp_path / 'a.png'
    write_whole(path, b'before')
    message = f'large; not written: .*{path}'
    with pytest.raises(OSError, match=message), small_files():
        write_png(path, PICTURE)
    assert path.read_bytes() == b'before'
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / 'nowhere/a.png'
    with pytest.raises(FileNotFoundError, match=str(path)):
        write_whole(path, b'')


def test_an_interrupted_file_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, 'replace', interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / 'a', b'content')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.stem)
def test_pictures_are_written_in_one_place(path):
    called = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    }
    assert not called & {'cv2.imwrite', 'mmcv.imwrite', 'imwrite'}

"""Configs and tools of packages are found by path and by name."""

import argparse
from pathlib import Path

import mmpretrain
import pytest
from mmpretrain.apis import get_model

from mmstn.apis import STNInferencer
from mmstn.checkpoint_fit import load_whole
from mmstn.datasets import BundledDigits
from mmstn.results.record import read_records
from mmstn.shipped import (
    WEIGHTS,
    config_argument,
    find_config,
    find_tool,
    find_weights,
)

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(ROOT.glob('configs/**/*.py'))


@pytest.mark.parametrize(
    ('name', 'path'),
    [
        ('stn_digits', 'stn_digits.py'),
        ('stn_digits.py', 'stn_digits.py'),
        ('mmstn::stn_digits', 'stn_digits.py'),
        ('mmstn::sums/cnn.py', 'sums/cnn.py'),
        ('st_cnn_aff_rts', 'mnist/st_cnn_aff_rts.py'),
        ('_base_/digits', '_base_/digits.py'),
    ],
)
def test_a_config_is_found_by_its_name(name, path):
    assert find_config(name).samefile(ROOT / 'configs' / path)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_found_by_its_path_below_configs(path):
    name = path.relative_to(ROOT / 'configs').as_posix()
    assert find_config(name).samefile(path)


def test_a_file_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('stn_digits.py').touch()
    assert find_config('stn_digits.py').samefile(tmp_path / 'stn_digits.py')
    assert find_config('mmstn::stn_digits.py').parent.name == 'configs'


@pytest.mark.parametrize(
    ('name', 'near'),
    [
        ('stn_digit', 'no file and no config of mmstn; there are stn_digits'),
        ('mmstn::st_cnn_af_rts', 'there are mnist/st_cnn_aff_rts'),
        ('sum/st_fcn_aff', 'there are sums/st_fcn_aff'),
        ('stn_cub', 'no file .* there are .*stn_cub_2x'),  # only a base
        ('cnn', 'more than one .*are house_numbers/cnn, .*sums/cnn, vol'),
        ('quite.another', 'there are inception_v2_cub, .*stn_digits, '),
        ('../configs/stn_digits', 'no file'),
    ],
)
def test_another_name_is_answered_with_those_alike(name, near):
    with pytest.raises(FileNotFoundError, match=near):
        find_config(name)
    with pytest.raises(argparse.ArgumentTypeError, match=near):
        config_argument(name)


THEIRS = Path(mmpretrain.__file__).parent / '.mim'
FLOPS = THEIRS / 'tools/analysis_tools/get_flops.py'


@pytest.mark.parametrize(
    ('name', 'path'),
    [
        ('get_flops', FLOPS),
        ('get_flops.py', FLOPS),
        ('analysis_tools/get_flops', FLOPS),
        ('tools/analysis_tools/get_flops.py', FLOPS),
        (str(FLOPS), FLOPS),
        ('prepare_svhn.py', ROOT / 'tools/prepare_svhn.py'),
        ('train', ROOT / 'tools/train.py'),  # not MMPretrain's
    ],
)
def test_a_tool_is_found_by_its_name(name, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_tool(name).samefile(path)


def test_another_tool_is_answered_with_those_alike():
    with pytest.raises(FileNotFoundError, match='are visualization/vis_cam'):
        find_tool('tools/vis_cams.py')


NAMES = [
    path.relative_to(WEIGHTS).with_suffix('').as_posix()
    for path in sorted(WEIGHTS.rglob('*.pth'))
]


@pytest.mark.parametrize('name', NAMES)
def test_weights_that_come_with_a_config_fit_it_and_have_a_record(name):
    config = find_config(name)
    load_whole(get_model(str(config)), str(find_weights(config)))
    assert name in read_records(ROOT)


def test_all_weights_together_are_small():
    assert len(NAMES) >= 2
    assert sum(p.stat().st_size for p in WEIGHTS.rglob('*.pth')) < 3 * 2**20


def test_weights_that_do_not_come_are_answered_with_those_that_do():
    missing = 'no weights of sums/cnn come with mmstn, only of .*stn_digits'
    with pytest.raises(FileNotFoundError, match=missing):
        STNInferencer('sums/cnn')


def test_a_config_of_ones_own_by_a_known_name_has_none(tmp_path):
    path = tmp_path / 'stn_digits.py'
    path.write_text(find_config('stn_digits').read_text())
    with pytest.raises(FileNotFoundError, match=f'no weights of {path} come'):
        find_weights(path)


def test_the_weights_read_digits_by_the_name_of_their_config():
    digits = BundledDigits('test', distortion='RTS')
    batch = digits.render_batch(range(0, 500, 5))
    pictures = batch.inputs.repeat(1, 3, 1, 1).movedim(1, -1).numpy()
    results = STNInferencer('stn_digits')(list(pictures), batch_size=50)
    found = [result['pred_label'] for result in results]
    labels = batch.data_samples.targets['gt_label'][:, 0].tolist()
    right = sum(map(int.__eq__, map(int, found), labels))
    assert right >= 95

"""Laws of the data set of house numbers."""

import json
import re
import shutil

import cv2
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from mmstn.datasets.svhn import svhn_crops
from mmstn.datasets.svhn.digit_struct import HouseNumber, write_digit_struct
from mmstn.datasets.svhn.svhn_crops import prepare
from mmstn.models import DigitSequenceHead
from mmstn.registry import DATASETS

COUNTS = dict(train=7, extra=14, test=3)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """Prepared folders; no two numbers are alike."""
    root = tmp_path_factory.mktemp('svhn')
    made = 0
    for folder, count in COUNTS.items():
        (root / folder).mkdir()
        numbers = []
        for index in range(count):
            digits = tuple(map(int, str(made)))
            boxes = np.array([[3.0, 3, 4, 6]] * len(digits))
            numbers.append(HouseNumber(f'{index + 1}.png', digits, boxes))
            colour = Image.new('RGB', (12, 12), (made, 0, 255))
            colour.save(root / folder / numbers[-1].name)
            made += 1
        write_digit_struct(root / folder / 'digitStruct.mat', numbers)
        prepare(root, folder, lambda pair: pair[0])
    return root


def build(root, split, **kwargs):
    return DATASETS.build(
        dict(
            type='mmstn.HouseNumbers',
            data_root=str(root),
            split=split,
            **kwargs,
        )
    )


def values(dataset):
    """Return the number each sample shows."""
    return [
        int(''.join(str(d) for d in info['gt_label'] if d < 10))
        for info in map(dataset.get_data_info, range(len(dataset)))
    ]


@pytest.mark.slow
@pytest.mark.parametrize('held_out', [1, 5, 20])
def test_training_and_validation_share_the_training_folders(root, held_out):
    train = values(build(root, 'train', held_out=held_out))
    val = values(build(root, 'val', held_out=held_out))
    assert len(val) == held_out
    assert sorted(train + val) == list(range(21))


def test_validation_is_spread_evenly(root):
    assert values(build(root, 'val', held_out=3)) == [6, 13, 20]


def test_extra_can_be_left_out(root):
    dataset = build(root, 'train', held_out=0, with_extra=False)
    assert values(dataset) == list(range(7))


def test_the_test_set_is_whole(root):
    assert values(build(root, 'test')) == [21, 22, 23]


@pytest.mark.parametrize('size', [64, 128])
def test_a_sample_is_a_crop_and_five_labels(root, size):
    pipeline = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]
    dataset = build(root, 'test', size=size, pipeline=pipeline)
    sample = dataset[1]
    assert sample['inputs'].shape == (3, size, size)
    colour = sample['inputs'].flatten(1)[:, 0].tolist()
    assert colour == [255, 0, 22]  # OpenCV's order
    label = sample['data_samples'].gt_label
    assert label.tolist() == [2, 2, 10, 10, 10]
    path = root / f'crops{size}/test/2.png'
    assert sample['data_samples'].img_path == str(path)
    picture = cv2.imread(str(path)).transpose(2, 0, 1)
    assert_array_equal(sample['inputs'].numpy(), picture)


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_only_a_training_sample_may_be_replaced(root, split):
    assert build(root, split, held_out=1).test_mode == (split != 'train')


def test_a_damaged_list_is_named(root, tmp_path):
    shutil.copytree(root / 'crops64', tmp_path / 'a b/crops64')
    path = tmp_path / 'a b/crops64/test.json'
    path.write_text(path.read_text()[:-9])
    run = f"run python tools/prepare_svhn.py '{tmp_path}/a b'"
    message = f'HouseNumbers: {path} is damaged .*; {run}$'
    with pytest.raises(ValueError, match=message):
        build(tmp_path / 'a b', 'test')


@pytest.mark.parametrize(
    ('content', 'named'),
    [
        ({}, 'data_list'),
        ([], 'list indices'),
        (dict(data_list=None), 'NoneType'),
        (dict(data_list=[{}]), 'img_path'),
        (
            dict(data_list=[dict(img_path='../a.png', gt_label=[10] * 5)]),
            "image 1: '../a.png' is no plain file name",
        ),
        (
            dict(data_list=[dict(img_path='a.png', gt_label=[11] * 5)]),
            'image 1: .* are not 5 labels from 0 to 10',
        ),
    ],
)
def test_a_list_of_something_else_is_named(tmp_path, content, named):
    path = tmp_path / 'crops64/test.json'
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    message = f'HouseNumbers: {path} is damaged .*{named}.*prepare_svhn'
    with pytest.raises(ValueError, match=message):
        build(tmp_path, 'test')


def test_labels_by_column_and_by_sample(root):
    dataset = build(root, 'test')
    assert dataset.get_gt_labels()[2].tolist() == [2, 3, 10, 10, 10]
    assert dataset.get_cat_ids(2) == [2, 3, 10, 10, 10]


@pytest.mark.parametrize(
    ('split', 'kwargs', 'named'),
    [
        ('valid', {}, "split='valid'"),
        ('test', dict(size=32), 'size=32'),
        ('train', {}, 'from 0, below the 21 images of train and extra in '),
        ('train', {}, 'but got 5000'),
        ('val', dict(held_out=0), 'from 1, '),
        ('val', dict(held_out=True), 'but got True'),
        ('val', dict(held_out=-1), 'but got -1'),
        ('val', dict(held_out=0.5), 'but got 0.5'),
    ],
)
def test_a_mistake_is_named(root, split, kwargs, named):
    with pytest.raises(
        ValueError, match='HouseNumbers: .*' + re.escape(named)
    ):
        build(root, split, **kwargs)


def test_without_the_data_one_learns_where_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        build(tmp_path, 'train')
    for needed in (
        str(tmp_path / 'crops64/train.json'),
        'http://ufldl.stanford.edu/housenumbers',
        'extra.tar.gz',
        'digitStruct.mat',
        f'python tools/prepare_svhn.py {tmp_path}',
        'python tools/make_house_numbers.py',
    ):
        assert needed in str(caught.value)


def test_without_extra_one_learns_how_to_leave_it_out(root, tmp_path):
    for name in ('train', 'crops64'):
        shutil.copytree(root / name, tmp_path / name)
    (tmp_path / 'crops64/extra.json').unlink()
    with pytest.raises(FileNotFoundError, match='with_extra=False'):
        build(tmp_path, 'train')


def test_unpacked_folders_have_but_to_be_prepared(root, tmp_path):
    shutil.copytree(root / 'test', tmp_path / 'test')
    with pytest.raises(FileNotFoundError) as caught:
        build(tmp_path, 'test')
    assert f'run python tools/prepare_svhn.py {tmp_path}' in str(caught.value)
    assert 'tar.gz' not in str(caught.value)


def test_the_head_reads_the_labels_of_the_crops():
    # models may not import data sets: the numbers stand in both
    head = DigitSequenceHead(in_channels=8)
    assert head.num_digits == svhn_crops.LENGTH
    assert head.fc.out_features == svhn_crops.LENGTH * (svhn_crops.NOTHING + 1)

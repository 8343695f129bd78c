"""Laws of the crops of house numbers."""

import json
import os
import shutil

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image

from mmstn.datasets.svhn.digit_struct import HouseNumber, write_digit_struct
from mmstn.datasets.svhn.svhn_crops import crop, make_crops, prepare, region

BOXES = np.array([[40.0, 30, 10, 20], [52, 28, 8, 20]])  # 40 to 60, 28 to 50


def ramp(width, height):
    """A picture whose red is the place along x, and green along y."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.arange(width)
    picture[..., 1] = np.arange(height)[:, None]
    return Image.fromarray(picture)


def make(root, numbers, size=(40, 30)):
    """Write an official folder ``train`` of ramps."""
    (root / 'train').mkdir()
    for number in numbers:
        ramp(*size).save(root / 'train' / number.name)
    write_digit_struct(root / 'train/digitStruct.mat', numbers)
    return root


def number(name, length=2):
    boxes = np.array([[5.0 * i, 5, 5, 9] for i in range(length)])
    return HouseNumber(name, tuple(range(length)), boxes)


def rows(root, side=64):
    return json.loads((root / f'crops{side}/train.json').read_text())


def only(pair):
    return pair[0]


def test_a_region_is_the_union_of_the_boxes_and_thirty_percent():
    # 20 wide and 22 high around (50, 39)
    expected = (50 - 13, 39 - 14.3, 50 + 13, 39 + 14.3)
    assert_allclose(region(BOXES, (100, 80), 1.3), expected)


def test_a_region_over_the_edge_is_moved_inside():
    boxes = np.array([[-2.0, 60, 20, 18]])
    found = region(boxes, (100, 80), 2)
    assert_allclose(found, (0, 80 - 36, 40, 80))


def test_a_region_larger_than_the_image_is_the_image():
    assert_allclose(region(BOXES, (62, 51), 4), (0, 0, 62, 51))


@pytest.mark.parametrize('expansion', [1.3, 2.6])
@pytest.mark.parametrize('size', [(1, 1), (9, 200), (61, 53)], ids=str)
def test_no_region_leaves_the_image(size, expansion):
    random = np.random.default_rng(0)
    for boxes in random.uniform(-20, 220, (200, 3, 4)):
        boxes[:, 2:] = abs(boxes[:, 2:])
        left, top, right, bottom = region(boxes, size, expansion)
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]


@pytest.mark.parametrize('side', [64, 128])
@pytest.mark.parametrize('part', [1, 2])
def test_a_crop_reads_where_the_region_says(side, part):
    # of a ramp, a cell of the crop shows the place of its centre
    boxes = BOXES / part
    expansion = {64: 1.3, 128: 2.6}[side]
    left, top, right, bottom = region(boxes, (200, 160), expansion)
    picture = np.asarray(crop(ramp(200, 160), boxes, side)).astype(float)
    cells = (np.arange(side) + 0.5) / side
    # pixel 7 reaches from 7 to 8, so that its centre is 7.5
    x = left + cells * (right - left) - 0.5
    y = top + cells * (bottom - top) - 0.5
    assert_allclose(picture[side // 2, :, 0], x, atol=0.51)
    assert_allclose(picture[:, side // 2, 1], y, atol=0.51)


def test_shrinking_averages():
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 200
    boxes = np.array([[0.0, 0, 512, 512]])
    picture = np.asarray(crop(Image.fromarray(stripes), boxes, 64))
    assert_allclose(picture[:, 2:-2], 100, atol=3)


def test_labels_are_filled_up_with_ten(tmp_path):
    make(tmp_path, [number('1.png', 1), number('2.png', 5)])
    assert prepare(tmp_path, 'train', only) == {}
    for side in (64, 128):
        assert rows(tmp_path, side)['data_list'] == [
            dict(img_path='1.png', gt_label=[0, 10, 10, 10, 10]),
            dict(img_path='2.png', gt_label=[0, 1, 2, 3, 4]),
        ]
        for name in ('1.png', '2.png'):
            crops = tmp_path / f'crops{side}/train'
            assert Image.open(crops / name).size == (side, side)


def test_unusable_images_are_named_with_the_reason(tmp_path):
    names = ['good.png', 'long.png', 'gone.png', 'cut.png', 'text.png']
    lengths = [1, 6, 1, 1, 1]
    make(
        tmp_path, [number(*each) for each in zip(names, lengths, strict=True)]
    )
    folder = tmp_path / 'train'
    (folder / 'gone.png').unlink()
    content = (folder / 'cut.png').read_bytes()
    (folder / 'cut.png').write_bytes(content[: len(content) // 2])
    (folder / 'text.png').write_text('no picture')
    left_out = prepare(tmp_path, 'train', only)
    assert sorted(left_out) == sorted(names[1:])
    assert left_out['long.png'] == 'has more than 5 digits'
    assert left_out['gone.png'] == 'is missing'
    assert left_out['cut.png'].startswith('is damaged: ')
    assert left_out['text.png'].startswith('is damaged: ')
    content = rows(tmp_path)
    assert [row['img_path'] for row in content['data_list']] == ['good.png']
    assert content['metainfo']['left_out'] == left_out
    # nothing half done stays behind
    kept = [path.name for path in (tmp_path / 'crops64/train').iterdir()]
    assert kept == ['good.png']


@pytest.mark.parametrize(
    'box',
    [
        (3, 3, np.nan, 9),
        (3, 3, np.inf, 9),
        (-np.inf, 3, 9, 9),
        (3, 3, -2, 9),
        (3, 3, 9, 0),
        (40, 3, 9, 9),  # the image ends there
        (3, -9, 9, 9),  # or begins
    ],
    ids=str,
)
def test_a_box_without_an_area_in_the_image_is_named(tmp_path, box):
    wrong = HouseNumber('1.png', (7,), np.array([box], float))
    edge = HouseNumber('2.png', (7,), np.array([[39.5, -8, 9, 9]]))
    make(tmp_path, [wrong, edge])
    reason = 'has boxes without an area in it'
    assert prepare(tmp_path, 'train', only) == {'1.png': reason}


def test_a_folder_without_any_crop_is_refused(tmp_path):
    make(tmp_path, [number('1.png'), number('2.png')])
    for name in ('1.png', '2.png'):
        (tmp_path / 'train' / name).unlink()
    expected = 'train gives no crops: 1.png is missing; 2.png is missing'
    with pytest.raises(ValueError, match=expected):
        prepare(tmp_path, 'train', only)
    assert list(tmp_path.rglob('*.json')) == []


@pytest.mark.parametrize('at', [20, 560, 1640])
def test_a_damaged_byte_never_stops_the_run(tmp_path, at):
    noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3), 'u1')
    make(tmp_path, [number('1.png')])
    path = tmp_path / 'train/1.png'
    Image.fromarray(noise).save(path)
    content = bytearray(path.read_bytes())
    content[at] ^= 255
    path.write_bytes(content)
    reason = make_crops(tmp_path, 'train', number('1.png'))
    assert reason is None or reason.startswith('is damaged: ')


def test_an_interrupted_run_goes_on(tmp_path):
    numbers = [number(f'{i}.png') for i in range(4)]
    make(tmp_path, numbers)

    def interrupted(pair):
        yield from list(pair[0])[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path, 'train', interrupted)
    assert not (tmp_path / 'crops64/train.json').exists()
    done = tmp_path / 'crops128/train/1.png'
    before = done.stat().st_mtime_ns
    (tmp_path / 'crops64/train/0.png').unlink()  # half of a number
    assert prepare(tmp_path, 'train', only) == {}
    assert done.stat().st_mtime_ns == before
    assert (tmp_path / 'crops64/train/0.png').is_file()
    assert len(rows(tmp_path)['data_list']) == 4


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_crop_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    make(tmp_path, [number('1.png')])
    monkeypatch.setattr(os, 'replace', interrupt)
    (tmp_path / 'crops64/train').mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt):
        make_crops(tmp_path, 'train', number('1.png'))
    assert list((tmp_path / 'crops64/train').iterdir()) == []


def test_a_list_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    make(tmp_path, [number('1.png')])
    prepare(tmp_path, 'train', only)
    before = rows(tmp_path)
    monkeypatch.setattr(os, 'replace', interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path, 'train', only)
    assert rows(tmp_path) == before


@pytest.mark.parametrize('kept', [0, 5, 100])
def test_a_crop_cut_short_is_made_again(tmp_path, kept):
    make(tmp_path, [number('1.png')])
    prepare(tmp_path, 'train', only)
    crop = tmp_path / 'crops128/train/1.png'
    whole = crop.read_bytes()
    crop.write_bytes(whole[:kept])
    prepare(tmp_path, 'train', only)
    assert crop.read_bytes() == whole


def test_an_image_too_large_to_be_one_is_left_out(tmp_path, monkeypatch):
    make(tmp_path, [number('1.png')])
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 40 * 30 // 3)
    assert 'is damaged' in make_crops(tmp_path, 'train', number('1.png'))


def test_the_genuine_images_are_prepared(shared_data, tmp_path):
    source = shared_data('svhn-fullnumbers-fixture') / 'test'
    shutil.copytree(source, tmp_path / 'train')
    left_out = prepare(tmp_path, 'train', only)
    assert list(left_out) == [f'{i}.png' for i in range(4, 41)]
    assert set(left_out.values()) == {'is missing'}
    labels = [row['gt_label'] for row in rows(tmp_path)['data_list']]
    assert labels == [
        [5, 10, 10, 10, 10],
        [2, 1, 0, 10, 10],
        [6, 10, 10, 10, 10],
    ]

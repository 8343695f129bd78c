"""Laws of SVHN's list of house numbers."""

import re

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mmstn.datasets.svhn.digit_struct import (
    FIELDS,
    DigitStruct,
    HouseNumber,
    write_digit_struct,
)

MAT = 'digitStruct.mat'
READ = {  # by eye, in the pictures
    'train': {'1.png': (1, 9), '2.png': (2, 3), '3.png': (2, 5)},
    'test': {'1.png': (5,), '2.png': (2, 1, 0), '3.png': (6,)},
    'extra': {'1.png': (4, 7, 8), '2.png': (7, 1), '3.png': (1, 7, 4)},
}
NUMBERS = [
    HouseNumber('1.png', (0,), np.array([[3.0, 4, 10, 20]])),
    HouseNumber('b c.png', (1, 0), np.array([[3.0, -1, 9, 9], [9, 3, 4, 4]])),
    HouseNumber('3.png', (9,) * 6, np.arange(24.0).reshape(6, 4)),
]


@pytest.fixture
def svhn(shared_data):
    return shared_data('svhn-fullnumbers-fixture')


def by_hand(path):
    """Yield the name and the fields of each entry, by other means."""
    with h5py.File(path) as file:
        for index in range(file['digitStruct']['name'].size):
            name = file[file['digitStruct']['name'][index].item()]
            group = file[file['digitStruct']['bbox'][index].item()]
            fields = {}
            for field, cells in group.items():
                values = cells[()].ravel().tolist()
                if not isinstance(values[0], float):
                    values = [file[value][()].item() for value in values]
                fields[field] = values
            yield name[()].astype('u1').tobytes().decode(), fields


@pytest.mark.slow
@pytest.mark.parametrize('folder', READ)
def test_the_genuine_lists_are_read_as_by_hand(svhn, folder):
    path = svhn / folder / MAT
    numbers = DigitStruct(path)
    expected = list(by_hand(path))
    assert len(numbers) == len(expected)
    for number, (name, fields) in zip(numbers, expected, strict=True):
        assert number.name == name
        assert [digit or 10 for digit in number.digits] == fields['label']
        columns = [fields[field] for field in FIELDS]
        assert_array_equal(number.boxes.T, columns)


@pytest.mark.parametrize('folder', READ)
def test_the_digits_are_those_one_sees(svhn, folder):
    read = {n.name: n.digits for n in DigitStruct(svhn / folder / MAT)}
    assert {name: read[name] for name in READ[folder]} == READ[folder]


def test_a_box_is_left_top_width_height(svhn):
    first, second, *_ = DigitStruct(svhn / 'test' / MAT)
    assert_array_equal(first.boxes, [[43, 7, 19, 30]])
    assert_array_equal(second.boxes[1], [114, 8, 8, 23])


@pytest.mark.parametrize('count', [0, 1, 3])
def test_a_written_list_is_read_again(tmp_path, count):
    write_digit_struct(tmp_path / MAT, NUMBERS[:count])
    read = DigitStruct(tmp_path / MAT)
    assert len(read) == count
    for number, expected in zip(read, NUMBERS[:count], strict=True):
        assert number.name == expected.name
        assert number.digits == expected.digits
        assert_array_equal(number.boxes, expected.boxes)


def test_a_written_list_has_the_layout_of_the_genuine(svhn, tmp_path):
    genuine = svhn / 'test' / MAT
    write_digit_struct(tmp_path / MAT, list(DigitStruct(genuine)))
    assert list(by_hand(tmp_path / MAT)) == list(by_hand(genuine))

    def kinds(path):
        with h5py.File(path) as file:
            cells = [file['digitStruct'][name] for name in ('name', 'bbox')]
            for number in range(2):  # one digit, and three
                cells += file[cells[1][number, 0]].values()
            return [(cell.shape, cell.dtype) for cell in cells]

    assert kinds(tmp_path / MAT) == kinds(genuine)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path))):
        DigitStruct(tmp_path / MAT)


@pytest.mark.parametrize('kept', [0, 100, 200_000])
def test_a_truncated_file_is_named(svhn, tmp_path, kept):
    content = (svhn / 'train' / MAT).read_bytes()[:kept]
    (tmp_path / MAT).write_bytes(content)
    message = re.escape(str(tmp_path / MAT)) + ' is damaged, truncated'
    with pytest.raises(ValueError, match=message):
        DigitStruct(tmp_path / MAT)


@pytest.mark.parametrize('place', ['cifar', 'digitStruct/bbox/label'])
def test_another_file_is_refused(tmp_path, place):
    with h5py.File(tmp_path / MAT, 'w') as file:
        file['digitStruct/name'] = [[1]]
        file[place] = [[1]]
        named = f'must hold lists .* but holds {", ".join(file)}'
    with pytest.raises(ValueError, match=named):
        DigitStruct(tmp_path / MAT)


def test_a_label_without_a_box_is_damage(tmp_path):
    write_digit_struct(tmp_path / MAT, NUMBERS)
    with h5py.File(tmp_path / MAT, 'r+') as file:
        group = file[file['digitStruct/bbox'][1, 0]]
        labels = group['label'][:1]
        del group['label']
        group.create_dataset('label', data=labels, dtype=h5py.ref_dtype)
    with pytest.raises(ValueError, match='is damaged at image 2 of 3'):
        list(DigitStruct(tmp_path / MAT))


def test_damage_within_is_named_with_its_place(tmp_path):
    write_digit_struct(tmp_path / MAT, NUMBERS)
    with h5py.File(tmp_path / MAT, 'r+') as file:
        del file[file['digitStruct/bbox'][1, 0]]['label']
    numbers = iter(DigitStruct(tmp_path / MAT))
    assert next(numbers).name == '1.png'
    message = re.escape(f'{tmp_path / MAT} is damaged at image 2 of 3')
    with pytest.raises(ValueError, match=message):
        next(numbers)


def spoil_name(file, name):
    cell = file[file['digitStruct/name'][1, 0]]
    file['#refs#/spoilt'] = np.array([[ord(letter)] for letter in name], 'u4')
    assert cell.shape
    references = file['digitStruct/name'][:]
    references[1, 0] = file['#refs#/spoilt'].ref
    file['digitStruct/name'][:] = references


def spoil_column(file, field, **cells):
    group = file[file['digitStruct/bbox'][1, 0]]
    del group[field]
    group.create_dataset(field, **cells)


@pytest.mark.parametrize(
    'name',
    ['/a/1.png', '../1.png', 'a/1.png', '..', '.', '', 'a\\b', 'a\0b', '.x']
    + ['\udcff.png', 'x' * 201],
    ids=ascii,
)
def test_a_name_that_is_no_plain_file_name_is_refused(tmp_path, name):
    write_digit_struct(tmp_path / MAT, NUMBERS)
    with h5py.File(tmp_path / MAT, 'r+') as file:
        if name:
            spoil_name(file, name)
        else:
            file['#refs#/none'] = np.zeros((0, 1), 'u2')
            references = file['digitStruct/name'][:]
            references[1, 0] = file['#refs#/none'].ref
            file['digitStruct/name'][:] = references
    numbers = iter(DigitStruct(tmp_path / MAT))
    assert next(numbers).name == '1.png'
    named = 'is damaged at image 2 of 3 .*(no plain|where .1 to 200, 1)'
    with pytest.raises(ValueError, match=named):
        next(numbers)


@pytest.mark.parametrize('label', [0, 37, -1, 2.7, 1e300, np.inf, np.nan])
def test_a_label_that_is_no_digit_is_refused(tmp_path, label):
    write_digit_struct(tmp_path / MAT, NUMBERS)
    with h5py.File(tmp_path / MAT, 'r+') as file:
        file[file['digitStruct/bbox'][0, 0]]['label'][:] = label
    named = r'is damaged at image 1 of 3 \(its label .* or 10\); delete it'
    with pytest.raises(ValueError, match=named):
        list(DigitStruct(tmp_path / MAT))


SPOILT = {
    'null references': dict(shape=(2, 1), dtype=h5py.ref_dtype),
    'regions': dict(shape=(2, 1), dtype=h5py.regionref_dtype),
    'too many': dict(shape=(10**9, 1), chunks=(9, 1), dtype='f8'),
    'wide': dict(shape=(2, 10**9), chunks=(2, 9), dtype='f8'),
    'none': dict(shape=(0, 1), dtype='f8'),
    'one axis': dict(data=[1.0, 2.0]),
    'text': dict(data=[[b'a'], [b'b']]),
    'elsewhere': dict(shape=(2, 1), dtype='f8', external='/etc/hostname'),
    'a bomb': dict(
        data=np.random.default_rng(0).random((20, 1)), compression='gzip'
    ),
}


@pytest.mark.parametrize('case', SPOILT)
@pytest.mark.parametrize('field', ['label', 'width'])
def test_a_spoilt_column_is_refused(tmp_path, case, field):
    write_digit_struct(tmp_path / MAT, NUMBERS)
    with h5py.File(tmp_path / MAT, 'r+') as file:
        spoil_column(file, field, **SPOILT[case])
    named = 'is damaged at image 2 of 3 .*(column|text)'
    with pytest.raises(ValueError, match=named):
        list(DigitStruct(tmp_path / MAT))


def test_a_column_made_of_another_file_is_refused(tmp_path):
    write_digit_struct(tmp_path / MAT, NUMBERS)
    layout = h5py.VirtualLayout((2, 1), 'f8')
    layout[:] = h5py.VirtualSource('other.mat', 'numbers', (2, 1))
    with h5py.File(tmp_path / MAT, 'r+') as file:
        group = file[file['digitStruct/bbox'][1, 0]]
        del group['width']
        group.create_virtual_dataset('width', layout)
    with pytest.raises(ValueError, match='is stored in another file'):
        list(DigitStruct(tmp_path / MAT))


LINKS = {
    'soft': h5py.SoftLink('/elsewhere'),
    'external': h5py.ExternalLink('other.mat', '/digitStruct/name'),
}


@pytest.mark.parametrize('kind', LINKS)
def test_a_link_is_not_followed(tmp_path, kind):
    for name in (MAT, 'other.mat'):
        write_digit_struct(tmp_path / name, NUMBERS)
    with h5py.File(tmp_path / MAT, 'r+') as file:
        file['elsewhere'] = file['digitStruct/name']
        del file['digitStruct/name']
        file['digitStruct/name'] = LINKS[kind]
    with pytest.raises(ValueError, match='name is a link to elsewhere'):
        DigitStruct(tmp_path / MAT)


def test_a_giant_list_is_refused(tmp_path):
    with h5py.File(tmp_path / MAT, 'w') as file:
        for field in ('name', 'bbox'):
            file.create_dataset(
                f'digitStruct/{field}',
                shape=(10**9, 1),
                chunks=(9, 1),
                dtype=h5py.ref_dtype,
            )
    with pytest.raises(ValueError, match='must hold lists .* 1000000, 1'):
        DigitStruct(tmp_path / MAT)

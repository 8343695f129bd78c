"""The annotations of CUB-200-2011 are read, or refused by line."""

import pytest
import torch
from torch.testing import assert_close

from mmstn.datasets.cub.annotations import FILES, annotations

TEXT = {
    'images.txt': '1 001.A/one.jpg\n2 001.A/two.jpg\n',
    'bounding_boxes.txt': '1 60.1 27.0 325.0 304.0\n2 1.0 2.0 3.0 4.0\n',
    'parts/parts.txt': '1 back\n2 left eye\n',
    'parts/part_locs.txt': '1 1 5.0 6.0 1\n1 2 0.0 0.0 0\n'
    '2 1 7.0 8.5 1\n2 2 9.0 1.0 1\n',
}


def folder(root, **text):
    for name, lines in {**TEXT, **text}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(lines)
    return root


def test_boxes_and_parts_are_those_of_the_image(tmp_path):
    parts, birds = annotations(str(folder(tmp_path)))
    assert parts == ['back', 'left eye']
    assert list(birds) == ['001.A/one.jpg', '001.A/two.jpg']
    one, two = birds.values()
    expected = torch.tensor([[60.1, 27], [385.1, 331]], dtype=torch.float64)
    assert_close(one.corners, expected)
    assert one.visible.tolist() == [True, False]
    assert two.visible.tolist() == [True, True]
    assert_close(two.parts, torch.tensor([[7.0, 8.5], [9, 1]]).double())


@pytest.mark.parametrize('name', FILES)
def test_a_missing_file_is_named_with_where_to_get_it(tmp_path, name):
    (folder(tmp_path) / name).unlink()
    with pytest.raises(
        FileNotFoundError, match=f'has no {name}; it must'
    ) as said:
        annotations(str(tmp_path))
    assert 'https://data.caltech.edu/records/65de6-vp158' in str(said.value)


@pytest.mark.parametrize('name', FILES)
def test_a_line_that_ends_early_is_named(tmp_path, name):
    broken = TEXT[name] + '3\n'
    number = len(broken.splitlines())
    with pytest.raises(ValueError, match=f'line {number} of .*{name} must'):
        annotations(str(folder(tmp_path, **{name: broken})))


@pytest.mark.parametrize('name', ['bounding_boxes.txt', 'parts/part_locs.txt'])
def test_a_list_that_ends_early_is_named(tmp_path, name):
    broken = ''.join(TEXT[name].splitlines(keepends=True)[:-1])
    with pytest.raises(ValueError, match=r'image 2 \(001.A/two.jpg\) lacks'):
        annotations(str(folder(tmp_path, **{name: broken})))


@pytest.mark.parametrize('number', ['nan', 'inf', 'x'])
@pytest.mark.parametrize('name', ['bounding_boxes.txt', 'parts/part_locs.txt'])
def test_a_number_that_is_not_finite_is_named(tmp_path, name, number):
    broken = TEXT[name].replace(' 1.0', f' {number}')
    with pytest.raises(ValueError, match=f'image 2 in {name} has .*{number}'):
        annotations(str(folder(tmp_path, **{name: broken})))


def test_the_real_annotations_lie_within_their_images(shared_data):
    root = shared_data('cub10-320')
    parts, birds = annotations(str(root))
    assert len(parts) == 15
    lines = (root / 'image_sizes.txt').read_text().splitlines()
    sizes = torch.tensor([[float(n) for n in li.split()[1:3]] for li in lines])
    ends = torch.stack([bird.corners[1] for bird in birds.values()])
    starts = torch.stack([bird.corners[0] for bird in birds.values()])
    assert (starts >= 0).all()
    assert (ends <= sizes + 1).all()

import cv2
import numpy as np
import pytest
from mmpretrain.datasets import CUB as MMPretrainCUB
from mmpretrain.registry import DATASETS


def birds(root, split='train'):
    return DATASETS.build(
        dict(type='mmstn.CUB', data_root=str(root), split=split)
    )


def test_a_missing_folder_says_where_the_birds_are(tmp_path):
    with pytest.raises(
        FileNotFoundError,
        match=r'has no images, images.txt, image_class_labels.txt, '
        r'train_test_split.txt; .* CUB_200_2011.tgz from '
        r'https://data.caltech.edu/records/65de6-vp158: '
        rf'mkdir -p {tmp_path} && tar -xzf CUB_200_2011.tgz -C {tmp_path}$',
    ):
        birds(tmp_path / 'CUB_200_2011')


def test_only_what_is_missing_is_named(tmp_path):
    (tmp_path / 'images').mkdir()
    for name in ('images.txt', 'image_class_labels.txt'):
        (tmp_path / name).touch()
    with pytest.raises(FileNotFoundError, match='has no train_test_split.txt'):
        birds(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(('split', 'count'), [('train', 300), ('test', 243)])
def test_it_holds_what_the_set_of_mmpretrain_holds(shared_data, split, count):
    root = shared_data('cub10-320')
    ours = birds(root, split)
    theirs = MMPretrainCUB(data_root=str(root), split=split)
    assert len(ours) == count
    for index in range(count):
        assert ours.get_data_info(index) == theirs.get_data_info(index)


TEXT = {
    'images.txt': '1 001.A/one.jpg\n2 001.A/two.jpg\n',
    'image_class_labels.txt': '1 1\n2 1\n',
    'train_test_split.txt': '1 1\n2 1\n',
}


def folder(root, ends='\n', **text):
    (root / 'images/001.A').mkdir(parents=True)
    for name in ('one', 'two'):
        path = root / f'images/001.A/{name}.jpg'
        cv2.imwrite(str(path), np.zeros((4, 4, 3), np.uint8))
    for name, lines in {**TEXT, **text}.items():
        (root / name).write_bytes(lines.replace('\n', ends).encode())
    return root


@pytest.mark.parametrize('ends', ['\n', '\r\n'], ids=['unix', 'windows'])
def test_either_end_of_a_line_will_do(tmp_path, ends):
    dataset = birds(folder(tmp_path, ends))
    info = dataset.get_data_info(1)
    assert len(dataset) == 2
    assert info['img_path'] == str(tmp_path / 'images/001.A/two.jpg')
    assert info['gt_label'] == 0


@pytest.mark.parametrize(
    ('name', 'line'),
    [
        ('images.txt', '2 ../two.jpg'),
        ('images.txt', '2 /etc/two.jpg'),
        ('images.txt', '1 001.A/two.jpg'),
        ('images.txt', 'x 001.A/two.jpg'),
        ('images.txt', '2'),
        ('image_class_labels.txt', '2 999'),
        ('image_class_labels.txt', '2 0'),
        ('image_class_labels.txt', '2 1.5'),
        ('train_test_split.txt', '2 2'),
        ('train_test_split.txt', ''),
    ],
)
def test_a_damaged_line_is_named(tmp_path, name, line):
    text = TEXT[name].splitlines()[0] + f'\n{line}\n'
    message = f'line 2 of {tmp_path / name} .* unpack CUB_200_2011.tgz anew'
    with pytest.raises(ValueError, match=message):
        birds(folder(tmp_path, **{name: text}))


@pytest.mark.parametrize('name', TEXT)
def test_lists_of_unlike_lengths_are_named(tmp_path, name):
    text = TEXT[name].splitlines()[0] + '\n'
    with pytest.raises(ValueError, match='txt has . images, .* image 2 is in'):
        birds(folder(tmp_path, **{name: text}))


@pytest.mark.slow
@pytest.mark.parametrize('content', [b'', b'<html>', None], ids=str)
@pytest.mark.parametrize('split', ['train', 'test'])
def test_an_image_that_is_none_is_named(tmp_path, content, split):
    text = '1 1\n2 1\n' if split == 'train' else '1 0\n2 0\n'
    root = folder(tmp_path, **{'train_test_split.txt': text})
    path = root / 'images/001.A/two.jpg'
    path.unlink() if content is None else path.write_bytes(content)
    dataset = DATASETS.build(
        dict(
            type='mmstn.CUB',
            data_root=str(root),
            split=split,
            pipeline=[dict(type='LoadImageFromFile')],
        )
    )
    assert dataset[0]['img'].shape == (4, 4, 3)
    with pytest.raises(ValueError, match=f'CUB: {path} is missing, empty'):
        dataset[1]

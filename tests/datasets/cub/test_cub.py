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


@pytest.mark.parametrize(('split', 'count'), [('train', 300), ('test', 243)])
def test_it_holds_what_the_set_of_mmpretrain_holds(shared_data, split, count):
    root = shared_data('cub10-320')
    ours = birds(root, split)
    theirs = MMPretrainCUB(data_root=str(root), split=split)
    assert len(ours) == count
    for index in range(count):
        assert ours.get_data_info(index) == theirs.get_data_info(index)

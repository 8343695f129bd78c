"""Laws of the data sets of digits."""

import copy
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import ConcatDataset, default_collate
from mmengine.runner import set_random_seed
from torch.testing import assert_close
from torch.utils.data import DataLoader

from mmstn.datasets.digits import BundledDigits
from mmstn.datasets.digits.digit_dataset import uniform_draws
from mmstn.datasets.digits.distortion import DISTORTIONS
from mmstn.datasets.prebuilt_batch import PrebuiltBatch, batch_collate
from mmstn.registry import DATASETS

PACK = dict(type='mmstn.PackDigits')


def bundled(**kwargs):
    return DATASETS.build({'type': 'mmstn.BundledDigits', **kwargs})


def images(dataset, indices=range(6)):
    return dataset.render_batch(list(indices)).inputs


def differ(one, other):
    """Return whether two data sets differ in every sample."""
    return (one != other).flatten(1).any(1).all().item()


def same(one, other):
    assert_close(one, other, rtol=0, atol=0)


def test_a_sample_is_always_the_same():
    same(images(bundled()), images(bundled()))


@pytest.mark.parametrize('split', ['train', 'test'])
def test_samples_depend_on_the_seed(split):
    one, other = bundled(split=split), bundled(split=split, seed=1)
    assert differ(images(one), images(other))


def test_training_samples_depend_on_the_epoch():
    dataset = bundled()
    first = images(dataset)
    dataset.set_epoch(1)
    second = images(dataset)
    dataset.set_epoch(0)
    assert differ(first, second)
    same(images(dataset), first)


@pytest.mark.parametrize('kwargs', [dict(split='test'), dict(test_mode=True)])
def test_test_samples_do_not_depend_on_the_epoch(kwargs):
    dataset = bundled(**kwargs)
    first = images(dataset)
    dataset.set_epoch(1)
    same(images(dataset), first)


def test_copies_are_shown_in_turn():
    dataset, fresh = bundled(copies=2), bundled()
    for epoch, copy_of in enumerate((0, 1, 0, 1)):
        dataset.set_epoch(epoch)
        fresh.set_epoch(copy_of)
        same(images(dataset), images(fresh))


@pytest.mark.parametrize('copies', [0, -1, 2.0, True], ids=repr)
def test_an_unusable_number_of_copies_is_refused(copies):
    with pytest.raises(ValueError, match='copies must be a whole number'):
        bundled(copies=copies)


def test_samples_do_not_depend_on_what_was_asked_before():
    dataset = bundled()
    whole = images(dataset)
    same(images(dataset, [5, 2]), whole[[5, 2]])


def test_draws_differ_between_samples_and_splits():
    train, test = (uniform_draws((0, part, 0), 50, 4) for part in (0, 1))
    assert len(torch.cat([train, test]).unique()) == 400


def test_the_draws_of_the_splits_are_their_own():
    train = bundled(test_mode=True)
    test = bundled(split='test')
    for dataset in (train, test):
        dataset.full_init()
    assert not (train.sample_draws([3])[1] == test.sample_draws([3])[1]).any()


def test_draws_do_not_depend_on_how_many_there_are():
    same(uniform_draws((3, 0, 2), 9, 4), uniform_draws((3, 0, 2), 50, 4)[:9])


def test_global_generators_are_neither_used_nor_moved():
    set_random_seed(5)
    first = images(bundled())
    state = torch.get_rng_state(), np.random.get_state()[2]  # noqa: NPY002
    set_random_seed(5)
    same(torch.get_rng_state(), state[0])
    assert np.random.get_state()[2] == state[1]  # noqa: NPY002
    set_random_seed(6)
    same(images(bundled()), first)


@pytest.mark.parametrize('indices', [[40, 7, 9], 3, -4], ids=str)
def test_a_subset_shows_what_the_whole_shows(indices):
    numbers = list(range(1297))
    chosen = (
        [numbers[i] for i in indices]
        if isinstance(indices, list)
        else numbers[:indices]
        if indices > 0
        else numbers[indices:]
    )
    expected = images(bundled(), chosen)
    in_place = bundled()
    in_place.get_subset_(indices)
    for subset in (
        bundled(indices=indices),
        bundled().get_subset(indices),
        in_place,
    ):
        assert len(subset) == len(chosen)
        same(images(subset, range(len(chosen))), expected)
        same(
            torch.from_numpy(subset.get_gt_labels()),
            torch.from_numpy(bundled().get_gt_labels()[chosen]),
        )


def test_a_subset_follows_the_epoch_of_the_whole():
    dataset = bundled()
    subset = dataset.get_subset(6)
    dataset.set_epoch(2)
    same(images(subset), images(dataset))


@pytest.mark.parametrize(
    'duplicate',
    [copy.deepcopy, lambda dataset: pickle.loads(pickle.dumps(dataset))],
    ids=['deepcopy', 'pickle'],
)
def test_a_copy_keeps_the_epoch_and_shares_its_own_with_workers(duplicate):
    dataset = bundled()
    dataset.set_epoch(2)
    other = duplicate(dataset)
    same(images(other), images(dataset))
    assert other.shared_epoch.value.is_shared()
    other.set_epoch(3)
    assert dataset.epoch == 2


SIZES = {
    name: (1, d.canvas, d.canvas) for name, d in DISTORTIONS.items() if name
}
SIZES.update(DigitPairs=(2, 42, 42), DigitVolumes=(1, 60, 60, 60))


@pytest.fixture(name='every_set', params=SIZES)
def every_set_fixture(request, few_digits):
    """Each set of digits, and the size of its samples."""
    name = request.param
    size = SIZES[name]
    if name in DISTORTIONS:
        return bundled(distortion=name), size
    cfg = dict(type=f'mmstn.{name}', data_root=str(few_digits))
    return DATASETS.build(dict(cfg, download=False)), size


def assert_a_batch_is_its_samples(dataset, indices):
    dataset.set_epoch(0)
    batch = dataset.__getitems__(indices)
    assert isinstance(batch, PrebuiltBatch)
    one_by_one = default_collate([dataset[index] for index in indices])
    prebuilt = batch_collate(batch)
    same(prebuilt['inputs'], one_by_one['inputs'])
    for one, other in zip(
        prebuilt['data_samples'], one_by_one['data_samples'], strict=True
    ):
        same(one.to_dict(), other.to_dict())
    return prebuilt


def test_a_batch_is_its_samples(every_set):
    dataset, size = every_set
    batch = assert_a_batch_is_its_samples(dataset, [7, 0, -1, 5])
    assert batch['inputs'].shape == (4, *size)
    last = batch['data_samples'][2]
    assert last.sample_idx == len(dataset) - 1
    assert last.gt_label.tolist() == dataset.get_cat_ids(-1)


class BoxedDigits(BundledDigits):
    """Digits with a box as a second target."""

    def targets(self, indices, draws):
        boxes = torch.cat([draws[:, :2], 1 + draws[:, 2:]], dim=1).float()
        return dict(super().targets(indices, draws), gt_bboxes=boxes)


def test_a_column_of_boxes_travels_to_the_data_samples():
    dataset = BoxedDigits()
    indices = [7, 0, 5]
    batch = assert_a_batch_is_its_samples(dataset, indices)
    drawn = uniform_draws((0, 0, 0), 1297, 4)[indices]
    expected = torch.cat([drawn[:, :2], 1 + drawn[:, 2:]], dim=1).float()
    boxes = [sample.gt_bboxes for sample in batch['data_samples']]
    same(torch.stack(boxes), expected)
    loader = DataLoader(dataset, 3, num_workers=1, collate_fn=batch_collate)
    passed = next(iter(loader))['data_samples']
    same(
        passed[1].gt_bboxes,
        uniform_draws((0, 0, 0), 2, 4)[1].float()
        + (torch.tensor([0.0, 0, 1, 1])),
    )


COLLATED = dict(collate_fn=batch_collate, batch_size=8)
LOADERS = {
    'shuffled': dict(shuffle=True),
    'in order': {},
    'a worker': dict(num_workers=1),
    'one by one': dict(batch_size=None, collate_fn=None),
}


@pytest.mark.parametrize('wrap', [list, ConcatDataset], ids=['bare', 'concat'])
@pytest.mark.parametrize('name', LOADERS)
def test_training_without_an_epoch_is_refused(name, wrap):
    dataset = bundled(indices=20)
    if wrap is ConcatDataset:
        dataset = ConcatDataset([dataset, dataset])
    loader = DataLoader(dataset, **{**COLLATED, **LOADERS[name]})
    message = "BundledDigits: the epoch was never set, .*'mmstn.EpochSampler'"
    with pytest.raises(RuntimeError, match=message):
        next(iter(loader))


@pytest.mark.parametrize('kwargs', [dict(split='test'), dict(test_mode=True)])
def test_samples_that_stay_need_no_epoch(kwargs):
    dataset = bundled(indices=20, **kwargs)
    first, second = (
        next(iter(DataLoader(dataset, **COLLATED)))['inputs'] for _ in range(2)
    )
    same(first, second)
    same(dataset[3]['inputs'], first[3])


def test_a_sample_can_be_looked_at_without_an_epoch():
    picture = bundled().get_data_info(3)['img']
    same(torch.from_numpy(picture), images(bundled())[3, 0])


def test_every_set_follows_the_epoch_and_nothing_else(every_set):
    dataset, _ = every_set
    numbers = [3, 0, 5, 1]
    first = images(dataset, numbers)
    worker = pickle.loads(pickle.dumps(dataset))
    dataset.set_epoch(1)
    assert differ(images(dataset, numbers), first)
    worker.set_epoch(1)
    same(images(worker, numbers[::-1]), images(dataset, numbers).flip(0))
    dataset.set_epoch(0)
    same(images(dataset, numbers), first)


def test_labels_are_found_without_images_in_every_set(every_set):
    dataset, _ = every_set
    for epoch in (0, 1):
        dataset.set_epoch(epoch)
        targets = dataset.render_batch(range(9)).data_samples.targets
        labels = targets['gt_label'][:, 0].tolist()
        assert dataset.get_gt_labels()[:9].tolist() == labels
        assert dataset.get_cat_ids(4) == labels[4:5]


OTHER_PIPELINES = {
    'another step': [dict(type='RandomFlip', prob=1.0), PACK],
    'another pack': [dict(type='PackInputs')],
}


@pytest.mark.parametrize('name', OTHER_PIPELINES)
def test_any_other_pipeline_is_run(name):
    pipeline = [
        {'_scope_': 'mmpretrain', **step} for step in OTHER_PIPELINES[name]
    ]
    dataset = bundled(pipeline=pipeline)
    dataset.set_epoch(0)
    samples = dataset.__getitems__([3, 8])
    assert isinstance(samples, list)
    plain = images(bundled(), [3, 8])
    if name == 'another step':
        plain = plain.flip(-1)
    same(batch_collate(samples)['inputs'], plain)


def test_a_lazy_data_set_loads_when_asked():
    dataset = bundled(lazy_init=True, split='test')
    assert "Haven't been initialized" in repr(dataset)
    assert len(dataset.__getitems__([1])) == 1
    assert len(dataset) == 500


def test_repr_and_metainfo_tell_what_it_is():
    dataset = bundled(distortion='P', seed=4)
    for fact in ('1297', 'P, 42x42', 'train', '4', 'PackDigits(canvas=None)'):
        assert fact in repr(dataset)
    assert dataset.metainfo['classes'][3] == '3 - three'


def test_mnist_is_distorted_alike(mnist_root):
    cfg = dict(type='mmstn.DistortedMNIST', data_root=str(mnist_root))
    dataset = DATASETS.build(
        dict(cfg, distortion='R', split='test', download=False, pipeline=[])
    )
    assert len(dataset) == 10000
    assert dataset[0]['img'].shape == (28, 28)
    assert dataset[0]['gt_label'] == 7


MISTAKES = {
    'distortion': (
        dict(distortion='RST'),
        'R, RTS, P, E, TC, shifts, corners, projective, time, but got .RST',
    ),
    'split': (dict(split='val'), "'train' or 'test', but got 'val'"),
    'canvas': (dict(canvas=20), 'canvas .* at least the 28 .* got 20'),
    'canvas type': (dict(canvas=(42, 42)), 'canvas must be an integer'),
    'two canvases': (
        dict(distortion='TC', pipeline=[{**PACK, 'canvas': 42}]),
        'canvas is 60, but .* has 42; leave it out there',
    ),
    'seed': (dict(seed=-1), 'seed must be an integer from 0, but got -1'),
    'no seed': (dict(seed=True), 'seed must be an integer .* got True'),
}


@pytest.mark.parametrize('name', MISTAKES)
def test_mistakes_are_explained(name):
    kwargs, message = MISTAKES[name]
    with pytest.raises(ValueError, match=f'BundledDigits: .*{message}'):
        bundled(**kwargs)


def test_a_typo_is_not_swallowed():
    with pytest.raises(TypeError, match='piepline'):
        bundled(piepline=[])

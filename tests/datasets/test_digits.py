"""Laws of the data sets of digits."""

import copy
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate, pseudo_collate
from mmengine.runner import set_random_seed
from torch.testing import assert_close

from mmstn.datasets.collate import ReadyBatch, batch_collate
from mmstn.datasets.digits import uniform_draws
from mmstn.datasets.distortion import DISTORTIONS
from mmstn.registry import DATASETS

PACK = dict(type='mmstn.PackDigits', canvas=42)


def bundled(**kwargs):
    cfg = dict(type='mmstn.BundledDigits', pipeline=[PACK])
    return DATASETS.build({**cfg, **kwargs})


def images(dataset, indices=range(6)):
    return dataset.make(list(indices))[0]


def differ(one, other):
    """Whether each sample of one differs from that of the other."""
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
    assert not (train.draw([3])[1] == test.draw([3])[1]).any()


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
    assert other.shared_epoch.is_shared()
    other.set_epoch(3)
    assert dataset.epoch == 2


SIZES = {name: (1, d.canvas, d.canvas) for name, d in DISTORTIONS.items()}
SIZES.update(DigitPairs=(2, 42, 42), DigitVolumes=(1, 60, 60, 60))


@pytest.fixture(name='every_set', params=SIZES)
def every_set_fixture(request, few_digits):
    """Each set of digits, and the size of its samples."""
    name = request.param
    size = SIZES[name]
    pipeline = [{**PACK, 'canvas': size[-1]}]
    if name in DISTORTIONS:
        return bundled(distortion=name, pipeline=pipeline), size
    cfg = dict(type=f'mmstn.{name}', data_root=str(few_digits))
    return DATASETS.build(dict(cfg, download=False, pipeline=pipeline)), size


def test_a_batch_is_its_samples(every_set):
    dataset, size = every_set
    indices = [7, 0, -1, 5]
    batch = dataset.__getitems__(indices)
    assert isinstance(batch, ReadyBatch)
    one_by_one = default_collate([dataset[index] for index in indices])
    ready = batch_collate(batch)
    same(ready['inputs'], one_by_one['inputs'])
    assert ready['inputs'].shape == (4, *size)
    samples = one_by_one['data_samples']
    labels, numbers = ready['data_samples'].values()
    same(labels, torch.stack([sample.gt_label for sample in samples]))
    assert numbers.tolist() == [sample.sample_idx for sample in samples]


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
        labels = dataset.make(range(9))[1][:, 0].tolist()
        assert dataset.get_gt_labels()[:9].tolist() == labels
        assert dataset.get_cat_ids(4) == labels[4:5]


@pytest.mark.parametrize('collate', [default_collate, pseudo_collate])
def test_a_batch_may_pass_any_collate_function(collate):
    dataset = bundled()
    batch = collate(dataset.__getitems__([4, 1]))
    expected = collate([dataset[4], dataset[1]])
    same(
        torch.stack(list(batch['inputs'])),
        torch.stack(list(expected['inputs'])),
    )
    for one, other in zip(
        batch['data_samples'], expected['data_samples'], strict=True
    ):
        assert one.to_dict() == other.to_dict()


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
    samples = dataset.__getitems__([3, 8])
    assert isinstance(samples, list)
    plain = images(bundled(), [3, 8])
    if name == 'another step':
        plain = plain.flip(-1)
    same(batch_collate(samples)['inputs'], plain)


def test_a_lazy_data_set_loads_when_asked():
    dataset = bundled(lazy_init=True)
    assert "Haven't been initialized" in repr(dataset)
    assert len(dataset.__getitems__([1])) == 1
    assert len(dataset) == 1297


def test_repr_and_metainfo_tell_what_it_is():
    dataset = bundled(distortion='P', seed=4)
    for fact in ('1297', 'P, 42x42', 'train', '4', 'PackDigits(canvas=42)'):
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
    'distortion': (dict(distortion='RST'), 'R, RTS, P, E, TC, but got .RST'),
    'split': (dict(split='val'), "'train' or 'test', but got 'val'"),
    'canvas': (dict(canvas=20), 'canvas .* at least the 28 .* got 20'),
    'canvas type': (dict(canvas=(42, 42)), 'canvas must be a whole number'),
    'two canvases': (dict(distortion='TC'), 'canvas is 60, but .* has 42'),
    'seed': (dict(seed=-1), 'seed must be a whole number from 0, but got -1'),
}


@pytest.mark.parametrize('name', MISTAKES)
def test_mistakes_are_explained(name):
    kwargs, message = MISTAKES[name]
    with pytest.raises(ValueError, match=f'BundledDigits: .*{message}'):
        bundled(**kwargs)


def test_a_typo_is_not_swallowed():
    with pytest.raises(TypeError, match='piepline'):
        bundled(piepline=[])

"""Laws of the preprocessor for batches."""

import pytest
import torch
from mmengine.model import ExponentialMovingAverage
from mmengine.runner import set_random_seed
from mmpretrain.structures import DataSample
from torch import nn
from torch.testing import assert_close

from mmstn.datasets.prebuilt_batch import LazyDataSamples
from mmstn.registry import MODELS

CASES = {
    'plain': dict(),
    'normalised': dict(mean=[10.0], std=[50.0]),
    'padded': dict(pad_size_divisor=16, pad_value=3),
    'one-hot': dict(to_onehot=True, num_classes=10),
}


SIZES = [(1, 28, 20), (2, 28, 20), (1, 6, 8, 7)]


def batches(size=SIZES[0]):
    """One batch with lazy data samples, and the same with data samples."""
    torch.manual_seed(0)
    inputs = torch.randint(256, (5, *size), dtype=torch.uint8)
    labels = torch.randint(10, (5, 1))
    numbers = torch.tensor([4, 0, 9, 2, 2])
    samples = [
        DataSample(metainfo=dict(sample_idx=n)).set_gt_label(label)
        for n, label in zip(numbers.tolist(), labels, strict=True)
    ]
    lazy = LazyDataSamples(dict(gt_label=labels), numbers)
    return (
        dict(inputs=inputs, data_samples=lazy),
        dict(inputs=inputs, data_samples=samples),
    )


def assert_same(one, other):
    assert_close(one['inputs'], other['inputs'], rtol=0, atol=0)
    for a, b in zip(one['data_samples'], other['data_samples'], strict=True):
        assert type(a) is type(b) is DataSample
        assert set(a.metainfo_keys()) == set(b.metainfo_keys())
        assert_close(a.to_dict(), b.to_dict(), rtol=0, atol=0)


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('size', SIZES, ids=str)
@pytest.mark.parametrize('name', CASES)
def test_lazy_data_samples_change_nothing(name, size, training):
    ready, slow = batches(size)
    preprocessor = MODELS.build(
        dict(type='mmstn.BatchPreprocessor', **CASES[name])
    )
    parent = MODELS.build(
        dict(type='mmpretrain.ClsDataPreprocessor', **CASES[name])
    )
    fast = preprocessor(ready, training)
    assert_same(fast, parent(slow, training))
    assert_same(fast, parent(batches(size)[0], training))
    assert fast['inputs'].dtype == torch.float32


def test_batch_augments_work_as_ever():
    ready, slow = batches()
    mixed = []
    for batch in (ready, slow):
        augments = dict(augments=dict(type='Mixup', alpha=0.8))
        preprocessor = MODELS.build(
            dict(
                type='mmstn.BatchPreprocessor',
                num_classes=10,
                batch_augments=augments,
            )
        )
        set_random_seed(1)
        mixed.append(preprocessor(batch, training=True))
    assert_same(*mixed)
    scores = [sample.gt_score for sample in mixed[0]['data_samples']]
    assert max(score.count_nonzero() for score in scores) == 2


def test_every_target_reaches_its_data_sample():
    ready, _ = batches()
    boxes = torch.rand(5, 4)
    ready['data_samples'].targets['gt_bboxes'] = boxes
    preprocessor = MODELS.build(dict(type='mmstn.BatchPreprocessor'))
    samples = preprocessor(ready)['data_samples']
    assert_close(torch.stack([s.gt_bboxes for s in samples]), boxes)


def test_a_batch_that_was_never_packed_is_refused():
    preprocessor = MODELS.build(dict(type='mmstn.BatchPreprocessor'))
    with pytest.raises(ValueError, match='but has img, gt_label; .*PackDig'):
        preprocessor(dict(img=torch.zeros(2, 28, 28), gt_label=[1, 2]))


def test_a_batch_without_labels_passes():
    inputs = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    preprocessor = MODELS.build(dict(type='mmstn.BatchPreprocessor'))
    assert preprocessor(dict(inputs=inputs))['data_samples'] is None


@pytest.mark.parametrize('stacked', [True, False])
def test_a_volume_is_normalised_by_channel(stacked):
    volumes = torch.rand(4, 3, 3, 5, 6)  # as deep as it has channels
    mean, std = torch.tensor([1.0, 2, 3]), torch.tensor([4.0, 5, 6])
    net = MODELS.build(
        dict(
            type='mmstn.BatchPreprocessor',
            mean=mean.tolist(),
            std=std.tolist(),
        )
    )
    inputs = volumes if stacked else list(volumes)
    for _ in range(2):
        found = net(dict(inputs=inputs))['inputs']
        expected = (volumes.movedim(1, -1) - mean) / std
        assert_close(found.movedim(1, -1), expected)
    picture = net(dict(inputs=volumes[:, :, 0]))['inputs']
    assert_close(picture, found[:, :, 0])


@pytest.mark.parametrize('size', [(3, 7), (3, 5, 6), (3, 4, 5, 6)], ids=str)
def test_a_moving_average_of_the_network_takes_its_statistics(size):
    net = MODELS.build(
        dict(type='mmstn.BatchPreprocessor', mean=[1, 2, 3.0], std=[4, 5, 6.0])
    )
    network = nn.ModuleList([net, nn.Linear(1, 1)])
    average = ExponentialMovingAverage(network)
    inputs = torch.rand(2, *size)
    found = net(dict(inputs=inputs))['inputs']
    average.update_parameters(network)
    other = average.module[0](dict(inputs=inputs))['inputs']
    assert_close(other, found)


def test_every_target_moves_to_the_device():
    sample = DataSample().set_gt_label(1)
    sample.set_field(torch.zeros(1, 3, 4), 'gt_boxes')
    net = MODELS.build(dict(type='mmstn.BatchPreprocessor', mean=[0], std=[1]))
    batch = dict(inputs=torch.zeros(1, 1, 4, 4), data_samples=[sample])
    (moved,) = net.to('meta')(batch)['data_samples']
    assert moved.gt_boxes.is_meta
    assert moved.gt_label.is_meta

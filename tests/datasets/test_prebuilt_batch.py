"""Laws of batches rendered at once, and of the data samples they carry."""

import pickle

import pytest
import torch
from mmengine.dataset import default_collate, pseudo_collate
from torch.testing import assert_close

from mmstn.datasets.prebuilt_batch import (
    LazyDataSamples,
    PrebuiltBatch,
    batch_collate,
)

INPUTS = torch.arange(3 * 4).view(3, 1, 2, 2).to(torch.uint8)
TARGETS = dict(
    gt_label=torch.tensor([[5], [0], [4]]),
    gt_bboxes=torch.rand(3, 4, generator=torch.manual_seed(0)),
)


@pytest.fixture(name='lazy')
def lazy_fixture():
    return LazyDataSamples(TARGETS, torch.tensor([7, 2, 9]))


def test_each_data_sample_has_its_row_of_every_target(lazy):
    assert len(lazy) == 3
    for row, (index, sample) in enumerate(zip([7, 2, 9], lazy, strict=True)):
        assert dict(sample.metainfo_items()) == dict(sample_idx=index)
        assert_close(
            dict(sample.items()), {n: v[row] for n, v in TARGETS.items()}
        )


def test_a_change_of_a_data_sample_stays(lazy):
    lazy[1].set_gt_score(torch.ones(10))
    assert lazy[-2].gt_score.sum() == 10


def test_a_batch_passes_a_process_as_whole_tensors(lazy):
    passed = pickle.loads(pickle.dumps(lazy))
    assert 'samples' not in vars(passed)
    assert_close(passed.targets, TARGETS)
    assert passed[2].sample_idx == 9


def test_every_target_moves_to_the_device(lazy):
    moved = lazy.to('meta')
    assert {value.device.type for value in moved.targets.values()} == {'meta'}
    assert moved[0].gt_bboxes.device.type == 'meta'


@pytest.mark.parametrize('collate', [default_collate, pseudo_collate])
def test_a_batch_may_pass_any_collate_function(lazy, collate):
    found = collate(PrebuiltBatch(INPUTS, lazy))
    assert_close(torch.stack(list(found['inputs'])), INPUTS)
    for one, other in zip(found['data_samples'], lazy, strict=True):
        assert_close(one.to_dict(), other.to_dict())


def test_samples_one_by_one_are_collated_as_by_mmengine(lazy):
    samples = list(PrebuiltBatch(INPUTS, lazy))
    assert_close(batch_collate(samples)['inputs'], INPUTS)

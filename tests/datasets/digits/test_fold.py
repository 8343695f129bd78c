"""Laws of small subsets of a training set."""

import numpy as np
import pytest
import torch

from mmstn.datasets.digits.fold import fold_positions
from mmstn.registry import DATASETS

LABELS = np.random.default_rng(3).permutation(np.repeat(np.arange(10), 60))


def digits(**kwargs):
    cfg = dict(type='mmstn.BundledDigits', distortion=None) | kwargs
    dataset = DATASETS.build(cfg)
    dataset.full_init()
    return dataset


@pytest.mark.parametrize('num_digits', [10, 100, 300])
def test_each_class_has_as_many(num_digits):
    positions = fold_positions(LABELS, num_digits, 1)
    counts = np.bincount(LABELS[positions], minlength=10)
    assert (counts == num_digits // 10).all()
    assert (np.diff(positions) > 0).all()


def test_folds_share_no_digit_and_together_are_all():
    folds = [fold_positions(LABELS, 100, fold) for fold in range(6)]
    assert sorted(np.concatenate(folds)) == list(range(600))


def test_a_fold_is_chosen_at_random_and_always_the_same():
    positions = fold_positions(LABELS, 100, 2)
    assert (positions == fold_positions(LABELS.copy(), 100, 2)).all()
    halves = np.histogram(positions, [0, 150, 300, 450, 600])[0]
    assert (halves > 10).all()


def test_a_larger_fold_is_several_smaller_ones():
    small = [fold_positions(LABELS, 100, fold) for fold in range(3)]
    large = fold_positions(LABELS, 300, 0)
    assert (large == np.sort(np.concatenate(small))).all()


def test_a_data_set_shows_the_digits_of_its_fold():
    dataset, whole = digits(num_digits=50, fold=2), digits()
    labels = np.array(whole.get_gt_labels())
    positions = fold_positions(labels, 50, 2)
    assert len(dataset) == 50
    assert (dataset.get_gt_labels() == labels[positions]).all()
    shown = dataset.render_batch(range(50)).inputs
    assert torch.equal(shown[:, 0], whole.images[positions])
    assert 'Fold: \t2 of 50 digits' in dataset.extra_repr()


def test_some_of_a_fold_can_be_taken():
    dataset = digits(num_digits=50, fold=2, indices=[7, 3])
    expected = digits(num_digits=50, fold=2).render_batch([7, 3]).inputs
    assert torch.equal(dataset.render_batch([0, 1]).inputs, expected)


@pytest.mark.parametrize('num_digits', [25, 5], ids=str)
def test_classes_that_cannot_be_as_many_are_refused(num_digits):
    with pytest.raises(ValueError, match='a multiple of the 10 classes.*got'):
        fold_positions(LABELS, num_digits, 0)


def test_a_fold_of_all_digits_is_refused():
    with pytest.raises(ValueError, match='fold=3 of what.*give both, or nei'):
        digits(fold=3)


def test_more_digits_than_there_are_are_refused():
    with pytest.raises(ValueError, match='num_digits must be at most 600'):
        fold_positions(LABELS, 700, 0)


@pytest.mark.parametrize('fold', [6, -1])
def test_a_fold_beyond_the_last_is_refused(fold):
    message = 'fold must be from 0 to 5, as class 0 has 60 .* takes 10, but'
    with pytest.raises(ValueError, match=message):
        fold_positions(LABELS, 100, fold)


@pytest.mark.parametrize('num_digits', [0, 1.5, '10'], ids=repr)
def test_num_digits_must_be_a_number(num_digits):
    with pytest.raises(ValueError, match='num_digits must be a whole number'):
        digits(num_digits=num_digits)

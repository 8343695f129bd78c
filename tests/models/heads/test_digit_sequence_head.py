"""Laws of the head that reads a number digit by digit."""

import re

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch.testing import assert_close

LABELS = [[1, 9, 10, 10, 10], [0, 0, 7, 3, 2], [10] * 5]


def build():
    torch.manual_seed(0)
    return MODELS.build(dict(type='mmstn.DigitSequenceHead', in_channels=8))


def feats():
    torch.manual_seed(1)
    return (torch.randn(3, 8),)


def samples():
    return [DataSample().set_gt_label(label) for label in LABELS]


def by_hand(head):
    """The probabilities ``(3, 5, 11)``, from five linear layers."""
    weights = head.fc.weight.split(11)
    biases = head.fc.bias.split(11)
    scores = [
        torch.softmax(feats()[0] @ weight.T + bias, dim=1)
        for weight, bias in zip(weights, biases, strict=True)
    ]
    return torch.stack(scores, dim=1)


def test_the_loss_is_that_of_the_whole_number():
    head = build()
    probability = torch.ones(3)
    for sample, label in enumerate(LABELS):
        for place, digit in enumerate(label):
            probability[sample] *= by_hand(head)[sample, place, digit]
    losses = head.loss(feats(), samples())
    assert list(losses) == ['loss']
    assert_close(losses['loss'], -probability.log().mean())


def test_a_digit_moves_only_the_softmax_of_its_place():
    head = build()
    one, other = samples(), samples()
    other[0].set_gt_label([1, 9, 4, 10, 10])
    rows = []
    for given in (one, other):
        head.zero_grad()
        head.loss(feats(), given)['loss'].backward()
        rows.append(head.fc.weight.grad.view(5, 11, 8).clone())
    moved = (rows[0] != rows[1]).any(2)  # (5, 11)
    assert moved.nonzero().tolist() == [[2, 4], [2, 10]]


def test_predictions_are_the_likeliest_digits():
    head = build()
    expected = by_hand(head)
    given = samples()
    predicted = head.predict(feats(), given)
    for index, sample in enumerate(predicted):
        assert sample is given[index]
        assert sample.gt_label.tolist() == LABELS[index]
        assert_close(sample.pred_score, expected[index])
        assert_close(sample.pred_label, expected[index].argmax(1))


def test_it_predicts_without_data_samples():
    predicted = build().predict(feats())
    assert [sample.pred_label.shape for sample in predicted] == 3 * [(5,)]


@pytest.mark.parametrize('shape', [(3, 9), (3, 8, 2, 2)], ids=str)
def test_vectors_of_another_length_are_refused(shape):
    message = re.escape(f'in_channels=8, but what comes in is {shape}')
    with pytest.raises(ValueError, match=message):
        build()((torch.zeros(shape),))


def test_labels_of_another_length_are_refused():
    few = [DataSample().set_gt_label([1, 2, 10]) for _ in range(3)]
    with pytest.raises(ValueError, match=re.escape('(5,), but got (3,)')):
        build().loss(feats(), few)


def per_stream():
    torch.manual_seed(0)
    cfg = dict(type='mmstn.DigitSequenceHead', in_channels=8, num_digits=2)
    return MODELS.build(dict(cfg, num_classes=4, per_stream=True))


def test_one_layer_reads_the_stream_of_each_digit():
    head, streams = per_stream(), torch.randn(2, 3, 8)
    scores = head(tuple(streams))
    assert scores.shape == (3, 2, 4)
    for digit in range(2):
        assert_close(scores[:, digit], head.fc(streams[digit]))


def test_a_stream_for_each_digit_is_asked_for():
    with pytest.raises(ValueError, match='num_digits=2, but 3 streams'):
        per_stream()(tuple(torch.randn(3, 3, 8)))


@pytest.mark.parametrize('name', ['num_digits', 'num_classes'])
def test_a_head_without_digits_or_classes_is_refused(name):
    cfg = dict(type='mmstn.DigitSequenceHead', in_channels=8)
    with pytest.raises(ValueError, match=f'{name} must be a whole number'):
        MODELS.build({**cfg, name: 0})

"""Laws of one classifier for all streams, and one for each."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch.testing import assert_close

LABELS = torch.tensor([0, 4, 2])


def build(**kwargs):
    torch.manual_seed(0)
    head = MODELS.build(
        dict(
            type='mmstn.ParallelSTHead',
            num_classes=5,
            in_channels=8,
            **kwargs,
        )
    )
    head.eval()
    return head


def feats():
    torch.manual_seed(1)
    return (torch.randn(3, 8),)


def samples():
    return [DataSample().set_gt_label(label) for label in LABELS.tolist()]


def test_without_losses_of_streams_it_is_the_linear_head():
    head = build(dropout=0.7)
    bare = MODELS.build(
        dict(type='mmstn.DropoutLinearHead', num_classes=5, in_channels=8)
    )
    bare.load_state_dict(head.state_dict())
    bare.eval()
    loss = head.loss(feats(), samples())
    assert_close(loss, bare.loss(feats(), samples()))
    assert 'stream_scores' not in head.predict(feats())[1]


def test_each_stream_is_classified_from_its_part_alone():
    head = build(stream_losses=(1.0, 0.25))
    parts = feats()[0].chunk(2, 1)
    scores = [
        fc(part) for fc, part in zip(head.stream_fcs, parts, strict=True)
    ]
    losses = head.loss(feats(), samples())
    entropy = [F.cross_entropy(score, LABELS) for score in scores]
    assert set(losses) == {'loss', 'loss_stream_1', 'loss_stream_2'}
    assert_close(losses['loss'], F.cross_entropy(head(feats()), LABELS))
    assert_close(losses['loss_stream_1'], entropy[0])
    assert_close(losses['loss_stream_2'], 0.25 * entropy[1])
    predicted = head.predict(feats(), samples())[2]
    expected = torch.stack([score[2] for score in scores])
    assert_close(predicted.stream_scores, expected.softmax(1))
    assert_close(predicted.stream_labels, expected.argmax(1))
    assert_close(predicted.gt_label, LABELS[2:])


def test_weights_that_do_not_divide_the_vector_are_refused():
    with pytest.raises(ValueError, match='has 3 weights, which do not divide'):
        build(stream_losses=(1, 1, 1))

"""Laws of dropout before one linear layer."""

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch.testing import assert_close


def build(**kwargs):
    torch.manual_seed(0)
    head = MODELS.build(
        dict(
            type='mmstn.DropoutLinearHead',
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
    return [DataSample().set_gt_label(label) for label in (0, 4, 2)]


def test_in_evaluation_it_is_mmpretrains_linear_head():
    head = build(dropout=0.7)
    bare = MODELS.build(
        dict(type='LinearClsHead', num_classes=5, in_channels=8)
    )
    bare.load_state_dict(head.state_dict())
    loss = head.loss(feats(), samples())
    assert_close(loss, bare.loss(feats(), samples()))
    found, expected = head.predict(feats()), bare.predict(feats())
    assert_close(found[1].pred_score, expected[1].pred_score)


def test_dropout_acts_in_training_only():
    head = build(dropout=0.7)
    assert_close(head(feats()), head.fc(feats()[0]))
    head.train()
    ones = (torch.ones(1000, 8),)
    head.fc.weight.data.copy_(torch.eye(5, 8))
    head.fc.bias.data.zero_()
    kept = head(ones)
    assert kept.unique().tolist() == [0, pytest.approx(1 / 0.3)]
    assert (kept == 0).float().mean() == pytest.approx(0.7, abs=0.03)

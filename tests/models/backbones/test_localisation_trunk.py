import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn
from torch.testing import assert_close

RESNET = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8)


def build(**kwargs):
    torch.manual_seed(0)
    cfg = dict(
        type='mmstn.LocalisationTrunk',
        backbone=RESNET,
        in_channels=64,
        size=(1, 2),
        channels=5,
    )
    model = MODELS.build({**cfg, **kwargs})
    model.eval()
    return model


def test_it_is_filters_of_one_cell_and_one_layer_on_the_last_map():
    trunk, source = build(), torch.rand(3, 3, 32, 64)
    features = trunk.backbone(source)[-1].movedim(1, -1)  # (B, 1, 2, C)
    weight, bias = trunk.reduce.weight[:, :, 0, 0], trunk.reduce.bias
    reduced = (features @ weight.T + bias).relu().movedim(-1, 1)
    expected = (reduced.flatten(1) @ trunk.fc.weight.T + trunk.fc.bias).relu()
    assert expected.any()
    assert_close(trunk(source), (expected,))


def test_it_sees_means_of_neighbouring_pixels():
    small = torch.rand(1, 3, 32, 64)
    large = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert_close(build(downsample=2)(large), build()(small))


def test_a_map_of_another_size_is_refused_in_numbers():
    with pytest.raises(
        ValueError, match=r'gives \(1, 64, 2, 2\) for a source'
    ):
        build()(torch.rand(1, 3, 64, 64))


def test_the_last_of_several_maps_is_taken():
    several = dict(RESNET, out_indices=(2, 3))
    one = build()(torch.ones(1, 3, 32, 64))
    trunk = build(backbone=several)
    trunk.load_state_dict(build().state_dict())
    assert_close(trunk(torch.ones(1, 3, 32, 64)), one)


def test_a_backbone_may_return_a_tensor():
    layer = nn.Conv2d(1, 8, 3, padding=1)
    trunk = build(backbone=layer, in_channels=8, size=(5, 6))
    assert trunk(torch.rand(4, 1, 5, 6))[0].shape == (4, 5)

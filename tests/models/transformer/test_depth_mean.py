"""A network of pictures sees volumes along their depth."""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

SIZE = (6, 24, 28)


def build(transformers=()):
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='mmstn.STNBackbone',
            backbone=dict(
                type='mmstn.DigitCNN',
                size=SIZE[1:],
                channels=4,
                in_channels=2,
            ),
            transformers=[*transformers, dict(type='mmstn.DepthMean')],
        )
    )


def affine(size=SIZE):
    trunk = dict(type='mmstn.PlainNet', size=SIZE, in_channels=2)
    return dict(
        type='mmstn.SpatialTransformer',
        localisation=dict(
            in_features=8, trunk=dict(steps=[dict(fc=8)], **trunk)
        ),
        grid=dict(type='mmstn.AffineGrid', size=size),
    )


def volume():
    torch.manual_seed(1)
    return torch.rand(3, 2, *SIZE)


def test_without_a_transformer_it_sees_the_mean_along_the_depth():
    model = build()
    picture = volume().sum(2) / 6
    assert_close(model(volume()), model.backbone(picture))


def test_a_transformer_starts_where_none_stands():
    plain, model = build(), build([affine()])
    model.backbone.load_state_dict(plain.backbone.state_dict())
    model.init_weights()
    assert_close(model(volume()), plain(volume()), atol=1e-5, rtol=1e-4)


def test_every_number_of_theta_learns():
    model = build([affine(size=(3, 24, 28))])
    (features,) = model(volume())
    features.square().sum().backward()
    bias = model.transformers[0].localisation.regressor.bias
    assert bias.shape == (12,)
    assert (bias.grad != 0).all()


def test_a_turn_towards_the_viewer_changes_what_is_seen():
    """A rod along the depth is a point from the front, a line from above."""
    rod = torch.zeros(1, 1, 9, 9, 9)
    rod[:, :, :, 4, 4] = 1
    project = MODELS.build(dict(type='mmstn.DepthMean'))
    transformer = MODELS.build(
        dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(
                in_features=729,
                trunk=dict(type='mmstn.PlainNet', size=(9, 9, 9), steps=[]),
                # x reads x, y reads z, z reads y
                start=[1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0],
            ),
            grid=dict(type='mmstn.AffineGrid', size=(9, 9, 9)),
        )
    )
    point, line = torch.zeros(2, 1, 1, 9, 9)
    point[..., 4, 4] = 1
    line[..., :, 4] = 1 / 9
    assert_close(project(rod), point)
    assert_close(project(transformer(rod)), line)


def test_a_checkpoint_of_the_bare_network_loads():
    plain, model = build(), build([affine()])
    model.load_state_dict(plain.backbone.state_dict(), strict=False)
    assert_close(model.backbone.state_dict(), plain.backbone.state_dict())


def test_a_picture_is_refused():
    with pytest.raises(ValueError, match='DepthMean: source must be a volume'):
        build()(torch.rand(3, 2, 24, 28))

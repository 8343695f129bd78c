"""A window finds what images have in common."""

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from small_transformer import small_transformer
from torch import nn
from torch.testing import assert_close

from mmstn.models.colocalisation import pair_loss, rolled

NET = dict(
    type='mmstn.PlainNet', size=(6, 6), steps=[dict(fc=4), dict(dropout=0.5)]
)
CLASSIFIER = dict(
    type='ImageClassifier',
    backbone=NET,
    head=dict(type='LinearClsHead', num_classes=3, in_channels=4),
)


LAYERS = {'backbone.steps.fc1': 1.0, 'head.fc': 2.0}


def encoder(layers=LAYERS):
    return dict(
        type='mmstn.FrozenEncoder', classifier=CLASSIFIER, layers=layers
    )


def build(**kwargs):
    torch.manual_seed(0)
    trunk = dict(type='mmstn.PlainNet', size=(12, 12), steps=[dict(fc=4)])
    cfg = dict(
        type='mmstn.Colocaliser',
        transformer=dict(
            type='mmstn.SpatialTransformer',
            localisation=dict(trunk=trunk, start=(0.5, 0.25, 0)),
            grid=dict(type='mmstn.AttentionGrid', size=(6, 6)),
        ),
        encoder=encoder(),
        crop=0.5,
    )
    return MODELS.build({**cfg, **kwargs})


def test_the_loss_is_the_mean_hinge_of_all_pairs():
    generator = torch.Generator().manual_seed(0)
    crops, others = torch.randn(2, 4, 3, generator=generator)
    losses = []
    for n in range(4):
        for m in range(4):
            if m != n:
                between = sum((crops[n] - crops[m]) ** 2)
                apart = sum((crops[n] - others[n]) ** 2)
                losses.append(max(0.0, float(between - apart + 0.7)))
    assert 0.0 in losses
    expected = torch.tensor(losses).mean()
    assert_close(pair_loss(crops, others, 0.7), expected)


def test_in_a_pair_the_second_crop_is_given():
    crops = torch.tensor([[1.0], [3.0]], requires_grad=True)
    pair_loss(crops, torch.zeros(2, 1), 9.0).backward()
    # d/dn of (n - m)^2 - n^2 is -2 m
    assert_close(crops.grad, torch.tensor([[-6.0], [-2.0]]) / 2)


def test_an_image_alone_has_no_loss():
    one = torch.ones(1, 3)
    assert pair_loss(one, 0 * one, 1.0) == 0


def test_each_image_is_rolled_by_a_shift_of_its_own():
    torch.manual_seed(0)
    images = torch.rand(40, 2, 5, 6)
    seen = set()
    for image, moved in zip(images, rolled(images, 1), strict=True):
        found = [
            (y, x)
            for y in range(-2, 3)
            for x in range(-2, 3)
            if torch.equal(image.roll((y, x), (1, 2)), moved)
        ]
        assert len(found) == 1
        seen.update(found)
    assert seen == {(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)}
    assert torch.equal(rolled(images, 0), images)


def test_only_to_learn_are_images_rolled():
    model = build(max_roll=6)
    images = torch.rand(4, 1, 12, 12)
    seen = []
    model.transformer.localisation.register_forward_pre_hook(
        lambda _, args: seen.append(args[0])
    )
    samples = [DataSample() for _ in images]
    model(images, samples, mode='predict')
    model(images, mode='loss')
    assert torch.equal(seen[0], images)
    assert not torch.equal(seen[1], images)


def test_the_encoder_never_learns_and_only_the_localiser_does():
    model = build().train()
    nn.init.normal_(model.transformer.localisation.regressor.weight, std=0.1)
    model(torch.rand(4, 1, 12, 12), mode='loss')['loss_pairs'].backward()
    assert not any(m.training for m in model.encoder.classifier.modules())
    for name, weight in model.named_parameters():
        learns = not name.startswith('encoder.')
        assert (weight.grad is not None) == learns, name


def test_features_are_the_named_layers_divided():
    frozen = MODELS.build(encoder())
    images = torch.rand(2, 1, 6, 6)
    net = frozen.classifier
    hidden = net.backbone.steps.fc1(images.flatten(1))
    logits = net.head.fc(hidden.relu()) / 2
    # of the layer, not of the ReLU behind it, which works in place
    assert_close(frozen(images), torch.cat([hidden, logits], dim=1))


def test_a_window_is_predicted_in_pixels():
    samples = [DataSample(), DataSample()]
    for sample in build()(torch.rand(2, 1, 12, 12), samples, mode='predict'):
        # half the image wide, its centre an eighth right of the middle
        low, high = torch.tensor([4.0, 2.5]), torch.tensor([10.0, 8.5])
        assert_close(sample.pred_corners[0], low)
        assert_close(sample.pred_corners[2], high)


def test_random_crops_are_inside_and_everywhere():
    theta = build().anywhere(torch.zeros(500, 3))
    assert (theta[:, 0] == 0.5).all()
    assert theta[:, 1:].abs().max() <= 0.5
    assert_close(
        theta[:, 1:].std(0), torch.full((2,), 0.29), atol=0.03, rtol=0
    )


@pytest.mark.parametrize('crop', [0, 1.5, float('nan'), 'half'])
def test_a_crop_that_is_no_share_of_the_image_is_refused(crop):
    with pytest.raises(ValueError, match='Colocaliser: crop must be'):
        build(crop=crop)


def test_the_last_reading_is_that_of_the_transformer():
    model = build()
    thetas = []
    model.transformer.sampler.register_forward_hook(
        lambda sampler, inputs, output: thetas.append(inputs[2])
    )
    images = torch.rand(4, 1, 12, 12)
    model(images, mode='loss')
    assert_close(thetas[-1], torch.tensor([[0.5, 0.25, 0]]).expand(4, 3))


def test_losses_on_theta_are_added():
    outside = dict(type='mmstn.OutsideLoss')
    model = build(theta_losses=[outside])
    model.transformer.localisation.regressor.bias.data[1] = 1.25
    losses = model(torch.rand(2, 1, 12, 12), mode='loss')
    theta = model.transformer.locate(torch.rand(2, 1, 12, 12))
    points = model.transformer.grid.read_points(theta)
    expected = (points.abs() - 1).relu().sum(-1).mean()
    assert expected > 0.1
    assert_close(losses['loss_outside'], expected)
    with pytest.raises(ValueError, match='Colocaliser: each of theta_losses'):
        build(theta_losses=[outside, outside])


def test_a_window_and_a_crop_of_two_sizes_are_refused():
    transformer = small_transformer('TranslationGrid', (6, 6), scale=0.9)
    with pytest.raises(ValueError, match='crop=0.5, but .* scale=0.9'):
        build(transformer=transformer)


def test_windows_in_parallel_are_refused():
    transformer = small_transformer(size=(6, 6), num_transformers=2)
    with pytest.raises(ValueError, match='Colocaliser: .* reads 2 regions'):
        build(transformer=transformer)


@pytest.mark.parametrize('margin', [-1, float('nan')])
def test_a_margin_below_none_is_refused(margin):
    with pytest.raises(ValueError, match='margin must be a finite number fr'):
        build(margin=margin)


@pytest.mark.parametrize('max_roll', [-1, 0.5, True])
def test_a_roll_that_is_no_number_of_pixels_is_refused(max_roll):
    with pytest.raises(ValueError, match='Colocaliser: max_roll must be'):
        build(max_roll=max_roll)


@pytest.mark.parametrize(
    ('layers', 'message'),
    [
        ({'head.fx': 1.0}, "has 'head.fx', but the classifier has no such"),
        ({'head.fc': 0}, 'must be above 0'),
        ({'head.fc': 'one'}, 'must be a finite number'),
        ({}, 'layers is empty'),
    ],
)
def test_layers_that_cannot_be_are_refused(layers, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(encoder(layers))


def test_of_several_outputs_of_a_layer_the_last_counts():
    images = torch.rand(2, 1, 6, 6)
    whole = MODELS.build(encoder({'backbone': 1.0}))
    (features,) = whole.classifier.backbone(images)
    assert_close(whole(images), features.flatten(1))


def test_a_layer_that_is_never_called_is_named():
    frozen = MODELS.build(encoder({'head.loss_module': 1.0}))
    with pytest.raises(ValueError, match='never calls .*head.loss_module'):
        frozen(torch.rand(2, 1, 6, 6))


def test_without_data_samples_there_are_new_ones():
    images, given = torch.rand(2, 1, 12, 12), [DataSample(), DataSample()]
    model = build()
    for sample, new in zip(
        model(images, given, mode='predict'),
        model(images, mode='predict'),
        strict=True,
    ):
        assert_close(new.pred_corners, sample.pred_corners)

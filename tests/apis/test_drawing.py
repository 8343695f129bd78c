"""Laws of the picture of where any network looks."""

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch import nn
from torch.testing import assert_close

from mmstn.apis import draw_attention
from mmstn.models.transformer import AffineGrid, SpatialTransformer
from mmstn.visualization import draw

SIDE = 28
CROP = (0.5, 0.0, 0.0, 0.0, 0.5, 0.0)


class Given(nn.Module):
    """A localiser that gives every image one theta."""

    def __init__(self, theta):
        super().__init__()
        self.register_buffer('theta', torch.tensor(theta))

    def forward(self, source):
        return self.theta.expand(len(source), -1)


def images(count=2, channels=1):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, channels, SIDE, SIDE, generator=generator)


def looking(theta=CROP):
    return SpatialTransformer(Given(theta), AffineGrid((SIDE, SIDE)))


def network(*transformers):
    head = nn.Linear(SIDE * SIDE, 3)
    return nn.Sequential(*transformers, nn.Flatten(), nn.Dropout(), head)


def outline_width(picture):
    """Return the columns from the first to the last one with an outline."""
    first = picture[: picture.shape[0] // 2, : picture.shape[1] // 2]
    columns = np.flatnonzero((first == draw.COLOURS[0]).all(-1).any(0))
    return columns[-1] - columns[0]


def test_it_is_a_picture_in_rgb():
    picture = draw_attention(images(), network(looking()))
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert (picture == draw.COLOURS[0]).all(-1).any()


def test_each_image_has_a_column_and_each_transformer_a_row():
    one = draw_attention(images(1), network(looking()))
    two = draw_attention(images(2), network(looking()))
    three = draw_attention(images(2), network(looking(), looking()))
    assert 1.9 < two.shape[1] / one.shape[1] < 2
    assert one.shape[0] == two.shape[0] < three.shape[0]


@pytest.mark.parametrize('scale', [0.5, 0.75])
def test_the_outline_is_as_large_as_what_is_read(scale):
    theta = tuple(scale * number * 2 for number in CROP)
    whole = draw_attention(images(), network(looking((1.0, 0, 0, 0, 1.0, 0))))
    part = draw_attention(images(), network(looking(theta)))
    assert abs(outline_width(part) / outline_width(whole) - scale) < 0.02


def test_the_outputs_of_the_transformer_are_on_it():
    transformer, source = looking(), images(1)
    picture = draw_attention(source, network(transformer))
    output, low, high = transformer(source)[0, 0], *source.aminmax()
    grey = (output - low) / (high - low) * 255
    tile = draw.enlarge(grey.round().byte().numpy())
    height = picture.shape[0] - draw.FRAME - 12  # the sheet's own gap
    rows = picture[height - len(tile) : height]
    left = (picture.shape[1] - tile.shape[1]) // 2
    shown = rows[:, left : left + tile.shape[1], 0]
    assert_close(torch.tensor(shown), torch.tensor(tile), atol=1, rtol=0)


@pytest.mark.parametrize('training', [True, False])
def test_the_network_is_left_as_it_was(training):
    model = network(looking()).train(training)
    state = torch.random.get_rng_state()
    draw_attention(images(), model)
    assert all(module.training == training for module in model.modules())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(not hook for hook in hooks(model))
    assert model(images()).requires_grad


def hooks(model):
    return [module._forward_hooks for module in model.modules()]


def test_a_compiled_network_is_drawn_as_it_is_otherwise():
    model = network(looking())
    compiled = torch.compile(model, backend='eager')
    assert np.array_equal(
        draw_attention(images(), compiled), draw_attention(images(), model)
    )


def test_a_network_that_was_never_called_is_drawn_and_trains():
    features = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 8))
    model = network(SpatialTransformer(features, AffineGrid((SIDE, SIDE))))
    draw_attention(images(), model)
    model(images()).sum().backward()
    assert model[0].localisation.regressor.weight.grad.abs().sum() > 0


def test_a_transformer_alone_and_without_parameters_is_drawn():
    localiser = Given(CROP)
    localiser.start = CROP
    alone = SpatialTransformer(localiser, AffineGrid((SIDE, SIDE)))
    named = nn.Sequential()
    named.add_module('transformer', alone)
    assert not list(alone.parameters())
    assert np.array_equal(
        draw_attention(images(), alone), draw_attention(images(), named)
    )


@pytest.mark.parametrize(
    ('family', 'size', 'count'),
    [
        ('AffineGrid', (8, 8), 3),
        ('TPSGrid', (8, 6), None),
        ('AffineGrid', (4, 5, 6), None),
    ],
    ids=str,
)
def test_parallel_curved_and_solid_ones_are_drawn(family, size, count):
    cfg = small_transformer(family, size, num_transformers=count)
    picture = draw_attention(torch.rand(2, 1, *size), MODELS.build(cfg))
    assert (picture == draw.COLOURS[0]).all(-1).any()


def test_a_normalised_classifier_is_shown_in_its_own_colours():
    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.eye = looking()
            self.data_preprocessor = MODELS.build(
                dict(type='ClsDataPreprocessor', mean=[0] * 3, std=[255] * 3)
            )

        def forward(self, inputs):
            return self.eye(inputs)

    grey = torch.full((1, 3, SIDE, SIDE), 0.2)
    picture = draw_attention(grey, Classifier())
    assert (picture == 51).all(-1).sum() > 1000


def test_a_network_without_transformers_is_refused():
    message = 'draw_attention: found no SpatialTransformer in the Sequential'
    with pytest.raises(ValueError, match=message):
        draw_attention(images(), network())


def test_transformers_that_are_not_called_are_named():
    class Unused(nn.Module):
        def __init__(self):
            super().__init__()
            self.eye = looking()

        def forward(self, source):
            return source

    with pytest.raises(ValueError, match='the Unused called none .*, eye, so'):
        draw_attention(images(), Unused())


@pytest.mark.parametrize(
    ('given', 'named'),
    [
        ([np.ones((8, 8))], 'list'),
        (np.ones((2, 1, 8, 8)), 'ndarray'),
        (torch.ones(8, 8), r'torch.float32 \(8, 8\)'),
        (torch.ones(2, 1, 8, 8).byte(), r'torch.uint8 \(2, 1, 8, 8\)'),
        (torch.ones(0, 1, 8, 8), r'torch.float32 \(0, 1, 8, 8\)'),
    ],
    ids=['list', 'array', 'too flat', 'integers', 'none'],
)
def test_what_is_no_batch_of_images_is_refused(given, named):
    message = f'must be a tensor .B, C, .size. .* but got {named}'
    with pytest.raises(TypeError, match=message):
        draw_attention(given, network(looking()))

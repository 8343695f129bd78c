"""Laws of a localiser made of any module, as plain PyTorch writes it."""

import copy
import pickle

import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn
from torch.testing import assert_close

from mmstn.models.transformer import (
    AffineGrid,
    ParallelSpatialTransformer,
    SpatialTransformer,
    TranslationGrid,
)
from mmstn.models.transformer.module_localisation import ModuleLocalisation

SIZE = (6, 4)
IDENTITY = torch.tensor([[1.0, 0, 0, 0, 1, 0]])
exactly = dict(atol=0, rtol=0)


@pytest.fixture
def capture(monkeypatch):
    """The lines that the localiser logs."""
    lines = []
    monkeypatch.setattr(
        'mmstn.models.transformer.module_localisation.print_log',
        lambda line, *others: lines.append(line),
    )
    return lines


class Returning(nn.Module):
    """A layer whose output is packed in some way."""

    def __init__(self, pack, width):
        super().__init__()
        self.layer = nn.Linear(24, width)
        self.pack = pack

    def forward(self, source):
        return self.pack(self.layer(source.flatten(1)))


def a_map(features):
    return features.unflatten(1, (-1, 2, 1))


def a_tuple(features):
    return (features[:, :1], features)


def as_it_is(features):
    return features


FEATURES = {
    'a vector': (as_it_is, 8),
    'a map': (a_map, 8),
    'a map as long as theta': (a_map, 6),
    'a tuple': (a_tuple, 8),
    'a tuple as long as theta': (a_tuple, 6),
}
every_feature = pytest.mark.parametrize(
    'given', FEATURES.values(), ids=FEATURES
)
TWINS = {
    'itself': as_it_is,
    'deepcopy': copy.deepcopy,
    'pickle': lambda model: pickle.loads(pickle.dumps(model)),
}


def loaded_anew(model):
    anew = SpatialTransformer(
        copy.deepcopy(model.localisation.trunk), AffineGrid(SIZE)
    )
    anew.load_state_dict(model.state_dict())
    return anew


def source(batch=3):
    return torch.rand(
        batch, 1, *SIZE, generator=torch.Generator().manual_seed(0)
    )


def transformer(pack=as_it_is, width=8):
    torch.manual_seed(1)
    return SpatialTransformer(Returning(pack, width), AffineGrid(SIZE))


def train(model, optimizer, steps=3):
    for _ in range(steps):
        optimizer.zero_grad()
        (model(source()) - 1).square().mean().backward()
        optimizer.step()


@every_feature
def test_behind_features_it_starts_at_the_identity(given):
    model = transformer(*given)
    assert_close(model.locate(source()), IDENTITY.expand(3, 6), **exactly)
    assert_close(model(source()), source(), atol=1e-5, rtol=0)


@every_feature
def test_features_reach_theta_once_the_linear_layer_moves(given):
    model = transformer(*given)
    model(source())
    part = model.localisation
    nn.init.normal_(part.regressor.weight)
    features = part.trunk.layer(source().flatten(1))
    assert_close(model.locate(source()), part.regressor(features))


def test_a_tensor_of_the_shape_of_theta_is_theta():
    model = transformer(width=6)
    expected = model.localisation.trunk.layer(source().flatten(1))
    assert_close(model.locate(source()), expected, **exactly)
    assert 'localisation.regressor.weight' not in model.state_dict()


def test_a_matrix_is_the_theta_it_has_row_by_row():
    matrix = torch.tensor([[0.5, 0.1, 0.25], [-0.1, 0.5, 0]])

    def as_matrix(features):
        return features.unflatten(1, (2, 3)) * 0 + matrix

    model = transformer(as_matrix, 6)
    assert_close(model.locate(source()), matrix.flatten().expand(3, 6))
    assert model.localisation.gives_theta


def test_thetas_of_parallel_transformers_may_be_apart():
    def apart(features):
        return features.unflatten(1, (2, 6))

    module = Returning(apart, 12)
    model = ParallelSpatialTransformer(2, module, AffineGrid(SIZE))
    assert_close(model.locate(source()), module(source()), **exactly)


def test_weights_cannot_be_initialised_before_the_length_is_known():
    model = transformer(width=8)
    with pytest.raises(ValueError, match='Returning does not tell how long'):
        model.init_weights()
    model(source())
    model.init_weights()


def test_features_as_long_as_theta_can_be_named_so():
    trunk = Returning(as_it_is, 6)
    model = SpatialTransformer(
        dict(trunk=trunk, in_features=6), AffineGrid(SIZE)
    )
    assert_close(model.locate(source()), IDENTITY.expand(3, 6), **exactly)


def test_a_module_that_has_a_start_is_taken_as_it_is():
    part = Returning(as_it_is, 2)
    part.start = (0.5, 0.25)
    model = SpatialTransformer(part, TranslationGrid(SIZE))
    assert model.localisation is part
    assert model.start == part.start


@pytest.mark.parametrize('width', [8, 12])
def test_parallel_transformers_take_a_module(width):
    model = ParallelSpatialTransformer(
        2, Returning(as_it_is, width), AffineGrid(SIZE)
    )
    part = model.localisation
    theta = model.locate(source())
    assert theta.shape == (3, 2, 6)
    expected = (
        torch.tensor(model.start).expand(3, 12)
        if width == 8
        else part.trunk.layer(source().flatten(1))
    )
    assert_close(theta.flatten(1), expected, **exactly)


@pytest.mark.parametrize('width', [6, 8])
def test_an_optimizer_made_before_the_first_pass_does_as_one_after(width):
    first, second = transformer(width=width), transformer(width=width)
    second(source())
    for model in (first, second):
        train(model, torch.optim.Adam(model.parameters(), weight_decay=0.1))
    for key, value in second.state_dict().items():
        assert_close(first.state_dict()[key], value, **exactly)
    assert not torch.equal(first.locate(source())[0], IDENTITY[0])


def test_a_first_pass_in_inference_mode_leaves_it_trainable():
    model = transformer()
    with torch.inference_mode():
        model(source())
    before = model.locate(source())
    train(model, torch.optim.SGD(model.parameters(), lr=1.0))
    assert (model.locate(source()) - before).abs().max() > 1e-3


@pytest.mark.parametrize('width', [6, 8])
@pytest.mark.parametrize('twin', TWINS.values(), ids=TWINS)
def test_a_checkpoint_loads_before_the_first_pass(width, twin):
    model = transformer(width=width)
    train(model, torch.optim.SGD(model.parameters(), lr=1.0))
    again = twin(transformer(width=width))
    again.load_state_dict(model.state_dict())
    assert_close(again(source()), model(source()), **exactly)


@pytest.mark.parametrize('twin', [as_it_is, loaded_anew])
def test_features_of_another_length_say_what_they_met(twin):
    trunk = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten())
    model = SpatialTransformer(trunk, AffineGrid(SIZE))
    model(source())
    with pytest.raises(ValueError, match=r'96 features .* \(6, 8\).*48;'):
        twin(model)(source().repeat(1, 1, 1, 2))


@pytest.mark.parametrize('passes', [0, 1])
def test_a_checkpoint_without_its_linear_layer_is_incomplete(passes):
    model = transformer(width=8)
    for _ in range(passes):
        model(source())
    partial = {
        key: value
        for key, value in model.state_dict().items()
        if 'trunk.' in key
    }
    with pytest.raises(RuntimeError, match='Missing.*regressor.weight'):
        model.load_state_dict(partial)
    model.load_state_dict(partial, strict=False)
    assert_close(model.locate(source()), IDENTITY.expand(3, 6), **exactly)


def test_a_checkpoint_of_theta_does_not_take_the_linear_layer_away():
    theta, features = transformer(width=6), transformer(width=8)
    theta(source()), features(source())
    before = features.localisation.regressor
    with pytest.raises(RuntimeError, match='Missing.*regressor'):
        features.load_state_dict(theta.state_dict())
    assert features.localisation.regressor is before


@pytest.mark.parametrize(('width', 'lines'), [(4, 1), (6, 0), (64, 0)])
def test_a_length_near_that_of_theta_is_told_once(width, lines, capture):
    model = transformer(width=width)
    model(source()), model(source())
    assert len(capture) == lines
    assert all('(B, 4), which is not theta (B, 6)' in x for x in capture)


def test_a_checkpoint_of_something_else_leaves_the_linear_layer():
    model = transformer()
    model.load_state_dict({}, strict=False)
    assert_close(model.locate(source()), IDENTITY.expand(3, 6), **exactly)


def test_the_start_survives_init_weights_after_the_first_pass():
    model = transformer()
    model(source())
    model.init_cfg = dict(type='Constant', layer='Linear', val=2, bias=3)
    model.init_weights()
    assert_close(model.localisation.trunk.layer.bias, torch.full((8,), 3.0))
    assert_close(model.locate(source()), IDENTITY.expand(3, 6), **exactly)


def test_a_module_that_tells_its_length_is_not_lazy():
    class Knowing(Returning):
        out_features = 8

    part = SpatialTransformer(Knowing(a_map, 8), AffineGrid(SIZE)).localisation
    assert part.regressor.weight.shape == (6, 8)


def test_a_module_that_returns_neither_is_refused():
    model = transformer(pack=lambda features: dict(theta=features))
    with pytest.raises(TypeError, match='Returning must return .* gave dict'):
        model(source())


@pytest.mark.parametrize('part', [nn.Flatten, torch.flatten, None])
def test_what_is_no_module_is_refused(part):
    with pytest.raises(
        TypeError, match='config or a module, but got .*; give'
    ):
        SpatialTransformer(part, AffineGrid(SIZE))


def test_the_config_of_a_network_is_one_of_its_module():
    net = dict(type='mmstn.PlainNet', size=(4, 6), steps=[dict(fc=5)])
    grid = dict(type='mmstn.AffineGrid', size=(4, 6))
    look = MODELS.build(
        dict(type='mmstn.SpatialTransformer', localisation=net, grid=grid)
    )
    source = torch.rand(2, 1, 4, 6)
    assert isinstance(look.localisation, ModuleLocalisation)
    assert_close(look(source), source)

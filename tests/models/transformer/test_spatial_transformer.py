"""Laws of figure 2: localise, make the grid, sample."""

import copy
import pickle

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch.testing import assert_close

from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.sampling import sample

FAMILIES = {
    'TranslationGrid': 2,
    'AttentionGrid': 3,
    'SimilarityGrid': 4,
    'AffineGrid': 6,
    'ProjectiveGrid': 8,
    'TPSGrid': 32,
}
CASES = [(family, (5, 9)) for family in FAMILIES]
CASES += [
    (family, (3, 4, 5)) for family in list(FAMILIES) if family[0] not in 'PT'
]
CASES += [('TranslationGrid', (3, 4, 5))]
CASES += [
    (family, (7,))
    for family in ('TranslationGrid', 'AttentionGrid', 'AffineGrid')
]
every_family = pytest.mark.parametrize(('family', 'size'), CASES, ids=str)
exactly = dict(atol=0, rtol=0)


def config(family='AffineGrid', size=(5, 9), source=None, start=None):
    """A transformer whose theta is linear in the source."""
    return small_transformer(
        family, size, source=source, start=start, in_channels=2
    )


def image(size=(5, 9), batch=2):
    torch.manual_seed(0)
    return torch.rand(batch, 2, *size)


def build(*args, **kwargs):
    return MODELS.build(config(*args, **kwargs))


def moved(transformer):
    """Let theta depend on the source, a little."""
    torch.manual_seed(1)
    regressor = transformer.localisation.regressor
    torch.nn.init.normal_(regressor.weight, std=0.02)
    return transformer


@pytest.mark.parametrize(
    'size', [(8, 8), (5, 9), (1, 1), (3, 4, 5), (7,)], ids=str
)
@pytest.mark.parametrize('batch', [1, 3])
def test_it_starts_as_the_identity(size, batch):
    source = image(size, batch)
    output = build(size=size)(source)
    assert_close(output, source, atol=1e-5, rtol=0)


@every_family
def test_every_family_starts_as_the_identity(family, size):
    transformer = build(family, size)
    transformer.init_weights()
    assert_close(transformer(image(size)), image(size), atol=1e-5, rtol=0)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@every_family
def test_a_half_precision_model_starts_as_the_identity(family, size, dtype):
    source = image(size).to(dtype)
    output = build(family, size).to(dtype)(source)
    assert_close(output, source)


@every_family
def test_the_output_is_the_source_read_at_the_grid(family, size):
    transformer, source = moved(build(family, size)), image(size)
    theta = transformer.localisation(source)
    expected = sample(source, transformer.grid(theta))
    assert_close(transformer(source), expected, **exactly)
    assert (transformer(source) - source).abs().max() > 1e-3


def test_another_start_and_output_size_are_kept():
    transformer = build(
        'AttentionGrid', (4, 4), source=(8, 8), start=[0.5, 0.5, 0]
    )
    source = image((8, 8))
    assert_close(transformer(source), source[..., 2:6, 4:])


def test_the_sampler_of_the_config_is_used():
    cfg = config('AttentionGrid', start=[1.0, 9, 9])
    cfg['sampler'] = dict(type='mmstn.GridSampler', padding=[3.0, -1.0])
    output = MODELS.build(cfg)(image())
    expected = torch.tensor([3.0, -1.0]).view(1, 2, 1, 1)
    assert_close(output, expected.expand_as(output))


@every_family
def test_the_localiser_gets_a_gradient(family, size):
    transformer = build(family, size)
    transformer(image(size)).square().sum().backward()
    regressor = transformer.localisation.regressor
    assert (regressor.bias.grad != 0).any()
    assert (regressor.weight.grad != 0).any()


@every_family
def test_gradients_from_source_to_output(family, size):
    size = size[:1] + (2, 3) if len(size) == 3 else (3, 4)
    transformer = moved(build(family, size)).double()
    source = image(size, 1).double().requires_grad_()
    assert torch.autograd.gradcheck(transformer, source)


@pytest.mark.parametrize('family', FAMILIES)
def test_autocast_moves_no_pixel(family):
    size = (6, 192)
    transformer, source = moved(build(family, size)), image(size)
    with torch.autocast('cpu', torch.bfloat16):
        grid = transformer.grid(transformer.localisation(source))
        output = transformer(source)
    exact = transformer.double()
    expected = exact.grid(exact.localisation(source.double()))
    error = to_pixels(grid.double(), size) - to_pixels(expected, size)
    assert error.abs().max() < 1e-3
    assert_close(output, transformer(source.double()).float(), **loosely)


loosely = dict(atol=1e-3, rtol=0)


def test_a_start_of_the_wrong_length_is_refused():
    message = 'start has 4 numbers, but AffineGrid .* takes 6'
    with pytest.raises(ValueError, match=message):
        build(start=[1, 0, 0, 0])


def test_a_3d_grid_on_a_2d_source_is_refused():
    transformer = build(size=(3, 5, 9), source=(5, 9))
    message = r'\(2, 2, 5, 9\) has 2 axes and needs a grid .* size with 2'
    with pytest.raises(ValueError, match=message):
        transformer(image())


def test_a_2d_grid_on_a_3d_source_is_refused():
    transformer = build(size=(5, 9), source=(3, 5, 9))
    with pytest.raises(ValueError, match='has 3 axes and needs a grid'):
        transformer(image((3, 5, 9)))


def test_only_the_localiser_has_parameters_and_they_bear_its_name():
    transformer = build('TPSGrid')
    names = [name for name, _ in transformer.named_parameters()]
    assert names == [
        'localisation.regressor.weight',
        'localisation.regressor.bias',
    ]
    assert list(transformer.state_dict()) == names


def test_lr_mult_reaches_exactly_the_localisers():
    cfg = config(size=(5, 9))
    steps = [dict(conv=3, kernel=1), dict(fc=4)]
    trunk = cfg['localisation']['trunk'] | dict(steps=steps)
    cfg['localisation'] |= dict(trunk=trunk)
    model = MODELS.build(
        dict(type='mmstn.STNBackbone', backbone=trunk, transformers=[cfg, cfg])
    )
    wrapper = build_optim_wrapper(
        model,
        dict(
            optimizer=dict(type='SGD', lr=1.0),
            paramwise_cfg=dict(
                custom_keys={'localisation': dict(lr_mult=0.1)}
            ),
        ),
    )
    rate = {group['params'][0]: group['lr'] for group in wrapper.param_groups}
    slow = {n for n, p in model.named_parameters() if rate[p] == 0.1}
    fast = {n for n, p in model.named_parameters() if rate[p] == 1.0}
    assert fast == {
        f'backbone.{n}' for n, _ in model.backbone.named_parameters()
    }
    assert slow == {
        f'transformers.{n}' for n, _ in model.transformers.named_parameters()
    }


@pytest.mark.slow
@every_family
def test_compiled_it_gives_the_same(family, size):
    torch.compiler.reset()
    transformer = moved(build(family, size))
    compiled = torch.compile(transformer, fullgraph=True, backend='aot_eager')
    source = image(size)
    assert_close(compiled(source), transformer(source))
    compiled(source).sum().backward()
    assert (transformer.localisation.regressor.bias.grad != 0).any()


@pytest.mark.slow
@every_family
def test_exported_it_gives_the_same(family, size):
    transformer, source = moved(build(family, size)), image(size)
    exported = torch.export.export(transformer, (source,)).module()
    assert_close(exported(source), transformer(source))


@pytest.mark.parametrize(
    'twin',
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=['deepcopy', 'pickle'],
)
@every_family
def test_a_twin_gives_the_same(family, size, twin):
    transformer, source = moved(build(family, size)), image(size)
    before = transformer(source)
    again = twin(transformer)
    transformer.localisation.regressor.bias.data += 1
    assert_close(again(source), before, **exactly)


def test_parts_may_be_modules():
    cfg = config()
    parts = MODELS.build(cfg)
    transformer = MODELS.build(
        dict(
            type='mmstn.SpatialTransformer',
            localisation=parts.localisation,
            grid=parts.grid,
            sampler=parts.sampler,
        )
    )
    assert transformer.localisation is parts.localisation
    assert_close(transformer(image()), parts(image()), **exactly)


def test_a_grid_that_is_no_family_is_refused():
    with pytest.raises(ValueError, match='one of mmstn.Tr.* got .*Identity'):
        MODELS.build(config() | dict(grid=torch.nn.Identity()))


@every_family
def test_it_samples_where_it_says_it_looks(family, size):
    transformer, source = moved(build(family, size)), image(size)
    theta = transformer.locate(source)
    expected = transformer.sampler(source, transformer.grid, theta)
    assert_close(transformer(source), expected, **exactly)

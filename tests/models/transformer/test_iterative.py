"""Steps are composed, and the original source is sampled each time."""

import copy
import pickle

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch import nn
from torch.testing import assert_close

from mmstn.attention.record import record_attention
from mmstn.models.transformer import AffineGrid, IterativeSpatialTransformer
from mmstn.models.transformer.find import find_transformers

FLAT, DEEP = (5, 9), (3, 4, 5)
SMALL = {1: (7,), 2: (3, 4), 3: (3, 2, 3)}  # by the number of axes
AFFINE = ['TranslationGrid', 'AttentionGrid', 'SimilarityGrid', 'AffineGrid']
CASES = [(family, size) for family in AFFINE for size in (FLAT, DEEP)]
CASES += [('ProjectiveGrid', FLAT)]
CASES += [(family, (7,)) for family in AFFINE if family[0] != 'S']
every_family = pytest.mark.parametrize(('family', 'size'), CASES, ids=str)
both = pytest.mark.parametrize('is_shared', [True, False])
exactly = dict(atol=0, rtol=0)


def config(family='AffineGrid', size=FLAT, num_steps=2, is_shared=True, **cfg):
    """A transformer whose updates are linear in what a step is shown."""
    cfg = small_transformer(
        family, size, in_channels=2, num_steps=num_steps, **cfg
    )
    if not is_shared:
        cfg['localisation'] = [cfg['localisation']] * num_steps
    return cfg


def build(*args, **kwargs):
    return MODELS.build(config(*args, **kwargs))


def image(size=FLAT, batch=2):
    torch.manual_seed(0)
    return torch.rand(batch, 2, *size)


def moved(transformer, seed=1):
    """Let the updates depend on what is shown, a little."""
    torch.manual_seed(seed)
    for localiser in set(transformer.localisers):
        nn.init.normal_(localiser.regressor.weight, std=0.02)
    return transformer


def updates(grid, count):
    """Return updates near the identity."""
    torch.manual_seed(2)
    identity = torch.tensor(grid.identity)
    return [identity + 0.1 * torch.randn(len(identity)) for _ in range(count)]


@every_family
def test_one_step_is_a_spatial_transformer_in_values_and_gradients(
    family, size
):
    iterative = moved(build(family, size, num_steps=1))
    plain = MODELS.build(small_transformer(family, size, in_channels=2))
    plain.load_state_dict(iterative.state_dict())
    source = image(size)
    assert_close(iterative(source), plain(source), **exactly)
    for transformer in (iterative, plain):
        transformer(source).square().sum().backward()
    weights = [t.localisation.regressor.weight for t in (iterative, plain)]
    assert_close(weights[0].grad, weights[1].grad, **exactly)


@both
@pytest.mark.parametrize('num_steps', [1, 2, 4])
@every_family
def test_it_starts_as_the_identity_whatever_initialises_it(
    family, size, num_steps, is_shared
):
    init_cfg = dict(type='Constant', layer='Linear', val=7, bias=7)
    transformer = build(family, size, num_steps, is_shared, init_cfg=init_cfg)
    transformer.init_weights()
    assert_close(transformer(image(size)), image(size), atol=1e-5, rtol=0)
    assert transformer.start == transformer.grid.identity


@every_family
def test_known_updates_equal_one_look_at_their_composition(family, size):
    transformer = build(family, size, num_steps=3, is_shared=False)
    grid = transformer.grid
    first, second, third = updates(grid, 3)
    for localiser, update in zip(
        transformer.localisers, (first, second, third), strict=True
    ):
        localiser.regressor.bias.data.copy_(update)
    inner = grid.compose(second[None], third[None])
    theta = grid.compose(first[None], inner).expand(2, -1)
    source = image(size)
    assert_close(transformer.locate(source), theta)
    expected = transformer.sampler(source, grid, theta)
    assert_close(transformer(source), expected, atol=1e-5, rtol=0)


@both
@every_family
def test_each_step_localises_the_original_source_at_the_composed_theta(
    family, size, is_shared
):
    transformer = moved(build(family, size, 3, is_shared))
    source, grid = image(size), transformer.grid
    seen, theta = source, torch.tensor(grid.identity).expand(2, -1)
    for localiser in transformer.localisers:
        theta = grid.compose(theta, localiser(seen))
        seen = transformer.sampler(source, grid, theta)
    assert_close(transformer(source), seen)
    assert (seen - source).abs().max() > 1e-3


def test_nothing_is_lost_where_a_step_looked_outside():
    transformer = build('TranslationGrid', (4, 4), is_shared=False)
    for localiser, shift in zip(transformer.localisers, (1, -1), strict=True):
        localiser.regressor.bias.data.fill_(shift)
    assert_close(transformer(image((4, 4))), image((4, 4)))


def check_gradients(transformer, source):
    """Check those to the source, and to the weights of the localiser."""
    regressor = transformer.double().localisation.regressor

    def output(source, weight, bias):
        weights = {
            'localisation.regressor.weight': weight,
            'localisation.regressor.bias': bias,
        }
        return torch.func.functional_call(transformer, weights, (source,))

    source = source.double().requires_grad_()
    inputs = (source, regressor.weight, regressor.bias)
    assert torch.autograd.gradcheck(output, inputs, fast_mode=True)


@every_family
def test_gradients_flow_through_the_composition(family, size):
    transformer = moved(build(family, SMALL[len(size)], num_steps=3))
    check_gradients(transformer, image(SMALL[len(size)], 1))


@both
@every_family
def test_every_localiser_gets_a_gradient(family, size, is_shared):
    transformer = build(family, size, 3, is_shared)
    transformer(image(size)).square().sum().backward()
    for localiser in transformer.localisers:
        assert (localiser.regressor.weight.grad != 0).any()
        assert (localiser.regressor.bias.grad != 0).any()


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@every_family
def test_a_half_precision_model_starts_as_the_identity(family, size, dtype):
    source = image(size).to(dtype)
    assert_close(build(family, size).to(dtype)(source), source)


@both
def test_only_localisers_have_parameters_and_they_bear_that_name(is_shared):
    transformer = build(is_shared=is_shared)
    names = [name for name, _ in transformer.named_parameters()]
    assert all(name.startswith('localisation.') for name in names)
    assert len(names) == (2 if is_shared else 4)
    assert list(transformer.state_dict()) == names


@pytest.mark.parametrize(
    'twin',
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=['deepcopy', 'pickle'],
)
@both
def test_a_twin_gives_the_same(is_shared, twin):
    transformer, source = moved(build(is_shared=is_shared)), image()
    before = transformer(source)
    again = twin(transformer)
    for localiser in transformer.localisers:
        localiser.regressor.bias.data += 1
    assert_close(again(source), before, **exactly)


@pytest.mark.slow
@pytest.mark.usefixtures('gloo')
@both
def test_distributed_it_learns_the_same(is_shared):
    alone = moved(build(is_shared=is_shared))
    twin = copy.deepcopy(alone)
    for model in (alone, MMDistributedDataParallel(twin)):
        model(image()).square().sum().backward()
    assert_close(
        [weight.grad for weight in twin.parameters()],
        [weight.grad for weight in alone.parameters()],
    )


@pytest.mark.slow
@every_family
def test_compiled_and_exported_it_gives_the_same(family, size):
    torch.compiler.reset()
    transformer, source = moved(build(family, size)), image(size)
    compiled = torch.compile(transformer, fullgraph=True, backend='aot_eager')
    assert_close(compiled(source), transformer(source))
    exported = torch.export.export(transformer, (source,)).module()
    assert_close(exported(source), transformer(source))


@every_family
def test_the_composed_window_is_recorded_once(family, size):
    transformer = moved(build(family, size, num_steps=3))
    model = nn.Sequential(transformer)
    found = find_transformers(model)
    with record_attention(found, image(size)) as seen, torch.no_grad():
        model(image(size))
    (glimpse,) = seen.glimpses
    assert_close(glimpse.theta, transformer.locate(image(size)))
    assert_close(glimpse.output, transformer(image(size)))


def test_the_start_is_that_of_all_steps():
    assert build('AttentionGrid', start=[0.5, 0.5, 0]).start == (
        0.25,
        0.75,
        0.0,
    )


@both
def test_fewer_steps_may_be_taken_after_training(is_shared):
    transformer = moved(build(num_steps=3, is_shared=is_shared))
    first, second = transformer.localisers[:2]
    source, grid = image(), transformer.grid
    seen = transformer.sampler(source, grid, first(source))
    theta = grid.compose(first(source), second(seen))
    transformer.num_steps = 2
    assert_close(transformer.locate(source), theta)


def test_more_steps_than_localisers_are_too_many():
    transformer = build(num_steps=3, is_shared=False)
    message = 'num_steps=4, but localisation is a list of 3, .*at most that'
    with pytest.raises(ValueError, match=message):
        transformer.num_steps = 4
    transformer.num_steps = 1
    transformer.num_steps = 3
    assert len(transformer.localisers) == 3


def test_shared_steps_may_be_more_than_in_training():
    transformer = build(num_steps=2)
    transformer.num_steps = 5
    assert len(transformer.localisers) == 5


def test_steps_added_later_are_checked_as_those_of_the_start():
    likely = dict(type='mmstn.ProbabilisticLocalisation')
    cfg = config(num_steps=1)
    cfg['localisation'] = {**cfg['localisation'], **likely}
    draws, larger = MODELS.build(cfg), build(num_steps=1, source=(8, 8))
    with pytest.raises(ValueError, match='only the posterior of the last'):
        draws.num_steps = 4
    with pytest.raises(ValueError, match=r'trunk of it is built for \(8, 8\)'):
        larger.num_steps = 2
    assert (draws.num_steps, larger.num_steps) == (1, 1)


def test_no_step_is_too_few():
    transformer = build()
    with pytest.raises(ValueError, match='num_steps must be a whole number'):
        transformer.num_steps = 0


def test_draws_in_several_steps_are_refused():
    likely = dict(type='mmstn.ProbabilisticLocalisation')
    cfg = config(num_steps=2)
    cfg['localisation'] = {**cfg['localisation'], **likely}
    with pytest.raises(ValueError, match='only the posterior of the last'):
        MODELS.build(cfg)


def test_a_draw_composed_with_where_it_begins_is_refused():
    likely = dict(type='mmstn.ProbabilisticLocalisation')
    cfg = config(num_steps=1, begin=[1, 0, 0, 0, 1, 0])
    cfg['localisation'] = {**cfg['localisation'], **likely}
    with pytest.raises(ValueError, match=r'begin=\(.*\) is composed with it'):
        MODELS.build(cfg)


def test_localisers_of_their_own_may_see_a_larger_source():
    whole, part = (
        small_transformer(size=(4, 4), source=source, in_channels=2)
        for source in ((8, 8), (4, 4))
    )
    transformer = MODELS.build(
        dict(
            type='mmstn.IterativeSpatialTransformer',
            num_steps=2,
            localisation=[whole['localisation'], part['localisation']],
            grid=dict(type='mmstn.AffineGrid', size=(4, 4)),
        )
    )
    averaged = nn.functional.avg_pool2d(image((8, 8)), 2)
    assert_close(transformer(image((8, 8))), averaged)


MIDDLE = {
    ('TranslationGrid', FLAT): [0.3, -0.5],
    ('AttentionGrid', FLAT): [2 / 3, 0.3, -0.5],
    ('AttentionGrid', (7,)): [2 / 3, 0.3],
    ('SimilarityGrid', FLAT): [2 / 3, 0.2, 0.3, -0.5],
    ('AffineGrid', FLAT): [2 / 3, 0, 0.3, 0, 0.5, -0.5],
    ('AffineGrid', DEEP): [2 / 3, 0, 0, 0.3, 0, 0.5, 0, 0, 0, 0, 0.6, -0.2],
    ('ProjectiveGrid', FLAT): [2 / 3, 0, 0.3, 0, 0.5, -0.5, 0, 0],
}
where_it_begins = pytest.mark.parametrize(
    ('family', 'size', 'begin'),
    [(*case, begin) for case, begin in MIDDLE.items()],
    ids=str,
)


def with_margin(size):
    return image(tuple(cells + 4 for cells in size))


@both
@where_it_begins
def test_every_step_localises_what_was_read_from_where_they_begin(
    family, size, begin, is_shared
):
    transformer = moved(build(family, size, 2, is_shared, begin=begin))
    source, grid = with_margin(size), transformer.grid
    theta = torch.tensor(begin).expand(2, -1)
    for localiser in transformer.localisers:
        seen = transformer.sampler(source, grid, theta)
        theta = grid.compose(theta, localiser(seen))
    assert_close(transformer.locate(source), theta)
    assert (theta - torch.tensor(begin)).abs().max() > 1e-3


@where_it_begins
def test_where_steps_begin_they_start(family, size, begin):
    transformer = build(family, size, begin=begin)
    transformer.init_weights()
    assert transformer.start == pytest.approx(begin, rel=1e-15)
    source = with_margin(size)
    theta = torch.tensor([begin]).expand(2, -1)
    expected = transformer.sampler(source, transformer.grid, theta)
    assert_close(transformer(source), expected)


@where_it_begins
def test_gradients_flow_from_where_steps_begin(family, size, begin):
    transformer = moved(build(family, SMALL[len(size)], begin=begin))
    check_gradients(transformer, with_margin(SMALL[len(size)])[:1])


def test_where_they_begin_is_known_on_every_device_and_in_half_precision():
    begin = [2 / 3, 0, 0, 0, 2 / 3, 0]
    transformer = build(begin=begin)
    assert transformer.to('meta').start == pytest.approx(begin)
    transformer = build(begin=begin).to(torch.bfloat16)
    theta = transformer.locate(with_margin(FLAT).to(torch.bfloat16))
    assert_close(theta, torch.tensor([begin] * 2))


def test_the_middle_of_a_margin_is_the_source_without_it():
    begin = [2 / 3, 0, 0, 0, 2 / 3, 0, 0, 0]
    transformer = build('ProjectiveGrid', (8, 8), begin=begin)
    source = image((12, 12))
    expected = source[:, :, 2:-2, 2:-2]
    assert_close(transformer(source), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    'begin', [[1, 0, 0], [1, 0, 0, 0, 1, float('nan')], 1.0, 'middle'], ids=str
)
def test_an_unusable_begin_is_refused(begin):
    message = 'begin must be a list of 6 finite numbers, .* AffineGrid, but'
    with pytest.raises(ValueError, match=message):
        build(begin=begin)


@pytest.mark.parametrize(
    ('family', 'begin'),
    [
        ('AffineGrid', [1, 0, 0, 0, 0, 0]),
        ('AffineGrid', [1, 1, 0.5, 1, 1, 0]),
        ('AttentionGrid', [0, 0.5, 0]),
        ('ProjectiveGrid', [1, 0, 0, 0, 1, 0.5, 0, 2]),
    ],
)
def test_a_begin_without_an_area_is_refused(family, begin):
    with pytest.raises(ValueError, match='read from a line or a point'):
        build(family, begin=begin)


def test_with_a_begin_a_single_step_is_shown_an_output():
    with pytest.raises(ValueError, match=r'trunk .* is built for \(8, 8\)'):
        build('TranslationGrid', num_steps=1, source=(8, 8), begin=[0, 0])


def test_it_stands_inside_a_backbone_and_on_its_input():
    net = dict(
        type='mmstn.PlainNet',
        size=FLAT,
        in_channels=2,
        steps=[dict(conv=2, kernel=3, pad=1), dict(fc=3)],
    )
    model = MODELS.build(
        dict(
            type='mmstn.STNBackbone',
            backbone=net,
            transformers=[config(), config(before='steps.flatten')],
        )
    )
    (features,) = model(image())
    assert_close(features, model.backbone.steps(image()), atol=1e-5, rtol=0)


@pytest.mark.parametrize('num_steps', [0, -1, 2.0, True, None], ids=repr)
def test_an_unusable_number_of_steps_is_refused(num_steps):
    cfg = dict(config(), num_steps=num_steps)
    with pytest.raises(ValueError, match='num_steps must be a whole number'):
        MODELS.build(cfg)


def test_a_family_without_composition_is_refused():
    message = 'grid TPSGrid has no compose.* such as mmstn.AffineGrid'
    with pytest.raises(ValueError, match=message):
        build('TPSGrid')


def test_a_family_that_is_not_closed_is_refused():
    message = 'TranslationGrid: with scale=0.5 two maps in a row .* use scale'
    with pytest.raises(ValueError, match=message):
        build('TranslationGrid', scale=0.5)


def test_localisers_that_are_not_one_for_each_step_are_refused():
    cfg = dict(config(is_shared=False), num_steps=3)
    message = 'num_steps=3, but localisation is a list of 2; give one for'
    with pytest.raises(ValueError, match=message):
        MODELS.build(cfg)


@both
def test_a_start_of_the_wrong_length_is_refused(is_shared):
    message = 'start has 4 numbers, but AffineGrid of .* takes 6'
    with pytest.raises(ValueError, match=message):
        build(is_shared=is_shared, start=[1, 0, 0, 0])


def test_a_localiser_that_cannot_see_an_output_is_refused():
    message = r'output of size \(5, 9\), but the trunk .* for \(8, 8\); give'
    with pytest.raises(ValueError, match=message):
        build(source=(8, 8))


def test_any_module_may_localise_every_step():
    net = nn.Sequential(nn.Flatten(), nn.Linear(2 * 5 * 9, 8), nn.ReLU())
    for localisation in (net, [net, copy.deepcopy(net)]):
        transformer = IterativeSpatialTransformer(
            2, localisation, AffineGrid(FLAT)
        )
        assert_close(transformer(image()), image(), atol=1e-5, rtol=0)
        assert_close(transformer.start, transformer.grid.identity)


def test_parts_may_be_modules():
    parts = moved(build())
    transformer = MODELS.build(
        dict(
            type='mmstn.IterativeSpatialTransformer',
            num_steps=2,
            localisation=parts.localisation,
            grid=AffineGrid(FLAT),
            sampler=parts.sampler,
        )
    )
    assert_close(transformer(image()), parts(image()), **exactly)

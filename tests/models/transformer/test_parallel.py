"""N parallel transformers equal N single ones."""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

from mmstn.models.transformer import (
    AttentionGrid,
    ParallelSpatialTransformer,
    TranslationGrid,
)
from mmstn.models.transformer.parallel import tiles

FAMILIES = {
    'TranslationGrid': 2,
    'AttentionGrid': 3,
    'SimilarityGrid': 4,
    'AffineGrid': 6,
    'ProjectiveGrid': 8,
    'TPSGrid': 32,
}
PADDINGS = ['zeros', 'border', (1.0, -2.0)]
exactly = dict(atol=0, rtol=0)


def localisation(size, **kwargs):
    """A localiser that is linear in a source of two channels."""
    trunk = dict(type='mmstn.PlainNet', size=size, steps=[], in_channels=2)
    cells = 2 * torch.Size(size).numel()
    return dict(trunk=trunk, in_features=cells, **kwargs)


def build(
    num_transformers=3,
    family='AttentionGrid',
    size=(5, 9),
    padding='zeros',
    **kwargs,
):
    return MODELS.build(
        dict(
            type='mmstn.ParallelSpatialTransformer',
            num_transformers=num_transformers,
            localisation=localisation(size),
            grid=dict(type=f'mmstn.{family}', size=size),
            sampler=dict(type='mmstn.GridSampler', padding=padding),
            **kwargs,
        )
    )


def single(parallel, index, size, padding):
    """Return the transformer of number ``index`` on its own."""
    transformer = MODELS.build(
        dict(
            type='mmstn.SpatialTransformer',
            localisation=localisation(size),
            grid=dict(type=f'mmstn.{type(parallel.grid).__name__}', size=size),
            sampler=dict(type='mmstn.GridSampler', padding=padding),
        )
    )
    for name, parameter in transformer.localisation.named_parameters():
        whole = parallel.localisation.get_parameter(name).data
        parameter.data.copy_(whole.chunk(parallel.num_transformers)[index])
    return transformer


def moved(transformer):
    """Let theta depend on the source, a little."""
    torch.manual_seed(1)
    regressor = transformer.localisation.regressor
    torch.nn.init.normal_(regressor.weight, std=0.02)
    return transformer


def image(size=(5, 9), batch=2):
    torch.manual_seed(0)
    return torch.rand(batch, 2, *size)


def learn(outputs, transformers, source):
    """Return the gradients of the localisers, and of the source."""
    torch.manual_seed(2)
    (outputs * torch.rand_like(outputs)).sum().backward()
    grads = [
        torch.cat([t.localisation.get_parameter(name).grad for t in group])
        for group in [transformers]
        for name in ('regressor.weight', 'regressor.bias')
    ]
    return [*grads, source.grad]


@pytest.mark.parametrize('padding', PADDINGS, ids=str)
@pytest.mark.parametrize('batch', [1, 2])
@pytest.mark.parametrize(
    ('family', 'size'),
    [(family, (5, 9)) for family in FAMILIES]
    + [('AffineGrid', (3, 4, 5)), ('TranslationGrid', (3, 4, 5))]
    + [('AffineGrid', (7,)), ('AttentionGrid', (7,))],
    ids=str,
)
def test_parallel_transformers_equal_single_ones_in_values_and_gradients(
    family, size, batch, padding
):
    together = moved(build(3, family, size, padding))
    apart = [single(together, index, size, padding) for index in range(3)]
    sources = [image(size, batch).requires_grad_() for _ in range(2)]
    outputs = together(sources[0])
    expected = torch.cat([one(sources[1]) for one in apart], 1)
    assert_close(outputs, expected)
    assert_close(
        learn(outputs, [together], sources[0]),
        learn(expected, apart, sources[1]),
    )


@pytest.mark.parametrize('family', FAMILIES)
def test_each_starts_where_starts_says_whatever_initialises_it(family):
    starts = torch.rand(2, FAMILIES[family]).tolist()
    init_cfg = dict(type='Constant', layer='Linear', val=7, bias=7)
    transformer = build(2, family, starts=starts, init_cfg=init_cfg)
    transformer.init_weights()
    theta = transformer.localisation(image())
    assert_close(theta, torch.tensor(starts).view(1, -1).expand(2, -1))


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('scale', [0.5, 1.0])
def test_a_window_reads_its_part_in_every_family(family, scale):
    size = dict(size=(4, 4))
    if family == 'TranslationGrid':
        size['scale'] = scale
    grid = MODELS.build(dict(type=f'mmstn.{family}', **size))
    theta = torch.tensor([grid.window_theta(scale, (0.25, -0.5))])
    corners = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [1.0, -1.0]])
    expected = corners * scale + torch.tensor([0.25, -0.5])
    assert_close(grid.map_points(theta, corners)[0], expected)


@pytest.mark.parametrize(
    ('number', 'scale', 'expected'),
    [
        (1, 0.5, [(0, 0)]),
        (2, 0.5, [(-0.5, 0), (0.5, 0)]),
        (3, 0.5, [(-0.5, 0), (0, 0), (0.5, 0)]),
        (4, 0.5, [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)]),
        (4, 0.2, [(-0.8, -0.8), (0.8, -0.8), (-0.8, 0.8), (0.8, 0.8)]),
        (6, 0.5, [(x, y) for y in (-0.5, 0.5) for x in (-0.5, 0, 0.5)]),
    ],
)
def test_windows_spread_from_edge_to_edge(number, scale, expected):
    found = tiles(TranslationGrid((4, 4), scale), number)
    assert found == [pytest.approx(place) for place in expected]


@pytest.mark.parametrize(
    ('number', 'expected'),
    [
        (2, [(1 / 2, -1 / 2, 0), (1 / 2, 1 / 2, 0)]),
        (3, [(1 / 3, -2 / 3, 0), (1 / 3, 0, 0), (1 / 3, 2 / 3, 0)]),
        (
            6,
            [
                (1 / 3, x, y)
                for y in (-2 / 3, 2 / 3)
                for x in (-2 / 3, 0, 2 / 3)
            ],
        ),
    ],
)
def test_a_window_of_any_scale_sees_one_column(number, expected):
    found = tiles(AttentionGrid((4, 4)), number)
    assert found == [pytest.approx(window) for window in expected]


def test_a_volume_is_tiled_along_x_and_y():
    found = tiles(TranslationGrid((2, 4, 4), 0.5), 2)
    assert found == [(-0.5, 0, 0), (0.5, 0, 0)]


def test_a_series_is_tiled_along_its_axis():
    found = tiles(TranslationGrid((4,), 0.25), 4)
    assert found == [pytest.approx((x,)) for x in (-0.75, -0.25, 0.25, 0.75)]


def test_four_that_start_as_tiles_output_the_quarters_of_the_source():
    transformer = build(4, 'AffineGrid', (8, 8))
    transformer.grid.size = (4, 4)
    source = image((8, 8))
    expected = [source[..., y : y + 4, x : x + 4] for y, x in QUARTERS]
    found = transformer(source).chunk(4, dim=1)
    assert_close(found, tuple(expected), atol=1e-5, rtol=0)


QUARTERS = [(0, 0), (0, 4), (4, 0), (4, 4)]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            dict(num_transformers=0),
            'num_transformers must be a whole number from 1 on, but got 0',
        ),
        (
            dict(num_transformers=2.0),
            'num_transformers must be a whole number',
        ),
        (
            dict(num_transformers=2, starts=[[1, 0, 0]]),
            '2 transformers, but 1 starts',
        ),
        (
            dict(num_transformers=1, starts=[[1, 0]]),
            'takes 3 numbers, but .* have 2',
        ),
        (
            dict(num_transformers=2, starts=[[1, 0], [1, 0, 0]]),
            'takes 3 numbers, but the starts have 2, 3',
        ),
    ],
    ids=str,
)
def test_numbers_and_starts_that_do_not_fit_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        build(**change)


def test_a_start_in_the_localiser_is_refused():
    cfg = dict(
        type='mmstn.ParallelSpatialTransformer',
        num_transformers=1,
        localisation=localisation((4, 4), start=[1, 0, 0]),
        grid=dict(type='mmstn.AttentionGrid', size=(4, 4)),
    )
    with pytest.raises(ValueError, match='stands in starts; move it there'):
        MODELS.build(cfg)


@pytest.mark.parametrize('several', [False, True])
def test_a_module_keeps_the_start_that_starts_must_not_deny(several):
    starts = [[1.0, 0, 0], [0.5, 0, 0]]
    flat = [1.0, 0, 0, 0.5, 0, 0]
    parts = MODELS.build(
        dict(type='mmstn.Localisation', **localisation((4, 4), start=flat))
    )
    if several:
        parts = [
            MODELS.build(
                dict(
                    type='mmstn.Localisation', **localisation((4, 4), start=s)
                )
            )
            for s in starts
        ]
    grid = AttentionGrid((4, 4))
    for given in (None, starts):
        look = ParallelSpatialTransformer(2, parts, grid, starts=given)
        assert list(look.start) == flat
    with pytest.raises(ValueError, match='but the localisation starts from'):
        ParallelSpatialTransformer(2, parts, grid, starts=[[1, 0, 0]] * 2)
    with pytest.raises(ValueError, match='take 4 numbers, .* has 6'):
        ParallelSpatialTransformer(2, parts, TranslationGrid((4, 4)))


def test_joined_as_channels_they_stand_on_the_input_of_a_backbone():
    net = dict(type='mmstn.PlainNet', size=(5, 9), in_channels=4)
    model = MODELS.build(
        dict(
            type='mmstn.STNBackbone',
            backbone=dict(steps=[dict(fc=3)], **net),
            transformers=[
                dict(
                    type='mmstn.ParallelSpatialTransformer',
                    num_transformers=2,
                    localisation=localisation((5, 9)),
                    grid=dict(type='mmstn.AffineGrid', size=(5, 9)),
                    starts=[[1, 0, 0, 0, 1, 0]] * 2,
                )
            ],
        )
    )
    twice = torch.cat([image(), image()], 1)
    assert_close(model(image()), model.backbone(twice))


def listed(parts):
    """Three parallel transformers of a list of localisers."""
    return MODELS.build(
        dict(
            type='mmstn.ParallelSpatialTransformer',
            num_transformers=3,
            localisation=parts,
            grid=dict(type='mmstn.AttentionGrid', size=(5, 9)),
        )
    )


def each_its_own():
    """Three, that move."""
    own = listed([localisation((5, 9))] * 3)
    for localiser in own.localisers:
        torch.nn.init.normal_(localiser.regressor.weight, std=0.02)
    return own


def test_localisers_of_their_own_start_as_a_shared_one():
    own, shared = each_its_own(), build()
    assert own.start == pytest.approx(shared.start)
    assert len(own.localisers) == 3
    assert len({id(part) for part in own.localisers}) == 3


def test_each_localiser_moves_its_own_window():
    own = each_its_own()
    source = torch.rand(2, 2, 5, 9)
    theta = own.locate(source)  # (B, N, P)
    for index, localiser in enumerate(own.localisers):
        assert_close(theta[:, index], localiser(source), **exactly)
    weights = [part.regressor.weight for part in own.localisers]
    gradients = torch.autograd.grad(theta[:, 1].sum(), weights)
    assert [bool(g.any()) for g in gradients] == [False, True, False]


@pytest.mark.parametrize(
    ('parts', 'message'),
    [
        ([{}] * 2, 'num_transformers=3, but localisation is a list of 2'),
        ([dict(start=(1, 0, 0))] * 3, 'localisation has start='),
        (
            [dict(type='mmstn.ProbabilisticLocalisation')] * 3,
            'a list with a probabilistic one',
        ),
        (
            [dict(type='mmstn.RecurrentLocalisation', num_steps=3)] * 3,
            'num_steps=3, but 1 of them are read',
        ),
    ],
)
def test_localisers_that_do_not_fit_are_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        listed([localisation((5, 9)) | part for part in parts])

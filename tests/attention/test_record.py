"""A record holds the forward pass, whatever wraps the network."""

import copy
import math

import numpy as np
import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from small_transformer import small_transformer
from torch import nn
from torch.testing import assert_close

from mmstn.attention.provenance import Provenance
from mmstn.attention.record import record_attention
from mmstn.attention.regions import find_regions
from mmstn.models.transformer.find import find_transformers, unwrap
from mmstn.visualization.attention_sheet import attention_sheet


def transformer(start=(0.5, 0.25, 0), family='AttentionGrid', source=(8, 8)):
    size = (4,) * len(source)
    return MODELS.build(
        small_transformer(family, size, source=source, start=start)
    )


class Twice(nn.Module):
    """One transformer behind the other, the first output changed in place."""

    def __init__(self):
        super().__init__()
        self.first = transformer()
        self.second = transformer((1, 0, 0), source=(4, 4))

    def forward(self, source):
        return self.second(self.first(source)).zero_()


def source():
    return torch.rand(2, 1, 8, 8, generator=torch.manual_seed(0))


def seen_in(model, picture):
    with (
        record_attention(find_transformers(model), picture) as seen,
        torch.no_grad(),
    ):
        model(picture)
    return seen


def test_source_theta_and_output_are_of_the_forward_pass():
    picture = source()
    seen = seen_in(Twice(), picture)
    first, second = seen.glimpses
    assert [first.name, second.name] == ['first', 'second']
    assert_close(first.theta, torch.tensor([[0.5, 0.25, 0.0]] * 2))
    assert_close(first.output, picture[:, :, 2:6, 3:7])
    assert_close(first.source.values, picture)
    assert_close(second.source.values, first.output)


def test_copies_do_not_follow_changes_in_place():
    picture = source()
    seen = seen_in(Twice(), picture)
    kept = picture.clone()
    picture.zero_()
    assert seen.glimpses[1].output.any()
    assert_close(seen.glimpses[0].source.values, kept)


def test_the_output_from_a_picture_is_a_picture():
    seen = seen_in(Twice(), source())
    assert [s.name for _, s in seen.sources] == ['input', 'second']
    assert all(s.is_picture for _, s in seen.sources)


def test_nothing_stays_behind():
    model = Twice()
    seen_in(model, source())
    assert not any(m._forward_hooks for m in model.modules())


def test_nothing_stays_behind_after_an_error():
    model = Twice()
    with pytest.raises(ValueError, match='built for sources'):
        seen_in(model, torch.rand(1, 1, 5, 5))
    assert not any(m._forward_hooks for m in model.modules())


@pytest.mark.slow
@pytest.mark.parametrize(
    'wrap',
    [
        nn.Sequential,
        copy.deepcopy,
        lambda model: torch.compile(model, backend='eager'),
        lambda model: nn.Sequential(torch.compile(model, backend='eager')),
    ],
    ids=['container', 'copy', 'compiled', 'compiled inside'],
)
def test_a_wrapped_transformer_is_found_and_caught(wrap):
    model, picture = wrap(Twice()), source()
    model(picture.clone())  # compiled now, without our hooks
    with torch.compiler.set_stance('force_eager'):
        seen = seen_in(unwrap(model), picture)
    names = [glimpse.name.split('.')[-1] for glimpse in seen.glimpses]
    assert names == ['first', 'second']
    assert not any('_orig_mod' in glimpse.name for glimpse in seen.glimpses)


@pytest.mark.slow
@pytest.mark.usefixtures('gloo')
def test_ddp_and_compile_are_taken_off():
    model = Twice()
    wrapped = torch.compile(MMDistributedDataParallel(model))
    assert unwrap(wrapped) is model


def parallel(channels):
    return MODELS.build(
        small_transformer(
            'TranslationGrid',
            (4, 4),
            source=(8, 8),
            in_channels=channels,
            num_transformers=4,
            scale=0.5,
        )
    )


def test_each_of_several_parallel_transformers_is_caught():
    model = nn.Sequential(parallel(1))
    picture = source()
    seen = seen_in(model, picture).glimpses
    assert [glimpse.name for glimpse in seen] == ['0 1', '0 2', '0 3', '0 4']
    assert all(glimpse.source is seen[0].source for glimpse in seen)
    assert_close(seen[1].output, picture[:, :, :4, 4:])
    corner = torch.tensor([7.5, -0.5])
    assert_close(seen[1].outline()[:, 64], corner.expand(2, 2))


class Network(nn.Module):
    """A transformer on the input, a convolution, a transformer on its map."""

    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = first, second
        self.conv = nn.Conv2d(1, 1, 3, stride=2, padding=1)

    def forward(self, source):
        features = self.first(source)
        features = self.conv(nn.functional.interpolate(features, (8, 8)))
        return self.second(features.relu_())


def affine(theta):
    return torch.tensor([[*theta[:3]], [*theta[3:]], [0, 0, 1.0]])


AFFINE = (0.6, -0.3, 0.2, 0.1, 0.5, -0.4), (0.5, 0.2, -0.1, 0.0, 0.7, 0.3)


def test_an_outline_inside_is_mapped_through_the_transformer_before():
    first = transformer(AFFINE[0], 'AffineGrid')
    second = transformer(AFFINE[1], 'AffineGrid', source=(4, 4))
    inner = seen_in(Network(first, second), source()).glimpses[1]
    corners = torch.tensor([[-1.0, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]])
    moved = corners @ (affine(AFFINE[0]) @ affine(AFFINE[1])).T
    expected = ((moved[:, :2] + 1) * 8 - 1) / 2
    outline = inner.outline(on_input=True)[:, ::64]
    assert_close(outline, expected.expand(2, 4, 2))
    alone = ((corners @ affine(AFFINE[1]).T)[:, :2] + 1) * 4 / 2 - 0.5
    assert_close(inner.outline()[:, ::64], alone.expand(2, 4, 2))


def test_each_sample_is_mapped_through_its_own_theta():
    first = transformer((0.5, 0, 0))
    second = transformer((0.5, 0.5, 0), source=(4, 4))
    nn.init.normal_(first.localisation.regressor.weight)
    outer, inner = seen_in(Network(first, second), source()).glimpses
    scale, x, y = outer.theta.T[:, :, None, None]
    points = torch.stack([x + scale * 0.5, y], dim=-1)  # the centre
    assert (outer.theta[0] - outer.theta[1]).abs().max() > 0.1
    read = inner.read_input(torch.zeros(1, 2))
    assert_close(read, points.view(2, 1, 2))


def test_a_spline_bends_an_outline_inside_as_its_grid_does():
    control = transformer((0.0,) * 32, 'TPSGrid').grid.control
    start = (control * 0.7 + 0.2 * control.flip(1).square()).flatten().tolist()
    first = transformer(start, 'TPSGrid')
    second = transformer((0.5, 0, 0), source=(4, 4))
    outer, inner = seen_in(Network(first, second), source()).glimpses
    half = control / 2
    expected = first.grid.map_points(outer.theta, half)
    assert_close(inner.read_input(control), expected)
    assert_close(
        outer.control(on_input=True), outer.control(), rtol=1e-4, atol=1e-4
    )


def test_points_behind_a_camera_are_nowhere_on_the_input():
    # depth 1 + 2x: the second reads from x = -1 to 1, half of it behind
    first = transformer((1.0, 0, 0, 0, 1, 0, 2, 0), 'ProjectiveGrid')
    control = transformer((0.0,) * 32, 'TPSGrid', (4, 4)).grid.control
    second = transformer(control.flatten().tolist(), 'TPSGrid', (4, 4))
    inner = seen_in(Network(first, second), source()).glimpses[1]
    read = inner.read_input(torch.tensor([[-1.0, 0], [1, 0.5]]))
    assert read[:, 0].isnan().all()
    assert_close(read[:, 1], torch.tensor([1 / 3, 0.5 / 3]).expand(2, 2))


class Streams(nn.Module):
    """Parallel transformers, each before a stream with one inside."""

    def __init__(self, channels, backwards=False):
        super().__init__()
        self.backwards = backwards
        self.outer = parallel(channels)
        self.conv = nn.Conv2d(channels, 1, 1)
        self.inner = transformer((0.5, 0, 0), source=(4, 4))

    def forward(self, source):
        views = self.outer(source).chunk(4, dim=1)
        views = views[::-1] if self.backwards else views
        return [self.inner(self.conv(view).relu()) for view in views]


@pytest.mark.parametrize('backwards', [False, True])
@pytest.mark.parametrize('channels', [1, 3])
def test_an_outline_in_a_stream_is_mapped_through_its_own_transformer(
    channels, backwards
):
    picture = torch.rand(2, channels, 8, 8)
    seen = seen_in(Streams(channels, backwards), picture).glimpses
    centres = [g.read_input(torch.zeros(1, 2))[0, 0] for g in seen[4:]]
    centres = centres[::-1] if backwards else centres
    expected = [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    assert_close(torch.stack(centres), torch.tensor(expected))


class Joined(nn.Module):
    """One transformer behind the sum of two others, or of one and none."""

    def __init__(self, skips):
        super().__init__()
        self.one, self.other = transformer(), transformer()
        self.last = transformer((1, 0, 0), source=(4, 4))
        self.skips = skips

    def forward(self, source):
        other = source[..., ::2, ::2] if self.skips else self.other(source)
        return self.last(self.one(source) + other)


def test_a_constant_has_no_lineage_of_what_lay_in_its_memory():
    memory = np.zeros((1, 1, 8, 8))
    with Provenance() as provenance:
        output = torch.ones(1, 1, 8, 8)
        provenance.start(output, [('A',)])
        moved = torch.from_numpy(memory).copy_(output)
        assert provenance.of(moved) == ('A',)
        del moved
        assert provenance.of(torch.from_numpy(memory)) == ()


def test_views_in_the_batch_are_of_no_sample():
    class Views(nn.Sequential):
        def forward(self, source):
            return super().forward(torch.cat([source, source.flip(-1)]))

    seen = seen_in(Views(transformer()), source())
    assert not seen.glimpses[0].reaches_input
    with pytest.raises(ValueError, match='0: it reads 4 sources of 2 samples'):
        find_regions(seen, [None, None], None)
    predictions = [DataSample()] * 2
    with pytest.raises(ValueError, match='0: it reads 4 sources of 2 samples'):
        attention_sheet(seen, predictions, nn.Identity(), None)


def test_the_sum_of_two_outputs_has_no_region_on_the_input():
    last = seen_in(Joined(skips=False), source()).glimpses[-1]
    assert not last.reaches_input
    with pytest.raises(ValueError, match='last: what it reads was joined'):
        last.outline(on_input=True)


def test_beside_a_shortcut_the_transformer_counts():
    one, last = seen_in(Joined(skips=True), source()).glimpses
    assert last.reaches_input
    assert last.source.lineage == (one,)


class Flat(nn.Module):
    """A transformer of volumes, their mean, one of pictures."""

    def __init__(self, first):
        super().__init__()
        self.volume = first
        self.flat = transformer((1, 0, 0), source=(4, 4))

    def forward(self, source):
        return self.flat(self.volume(source).mean(2))


@pytest.mark.parametrize(
    'first',
    [transformer((1, 0, 0, 0), source=(8, 8, 8)), nn.AvgPool3d(2)],
    ids=['transformer', 'none'],
)
def test_a_flat_source_in_a_volume_has_no_region_on_the_input(first):
    *volume, flat = seen_in(Flat(first), torch.rand(2, 1, 8, 8, 8)).glimpses
    assert all(glimpse.reaches_input for glimpse in volume)
    assert not flat.reaches_input


def test_the_edges_of_a_box_are_turned_with_it():
    # a quarter turn about z, from x towards y, of a box of half the volume
    theta = (0.5, 0, 0, math.pi / 2, 0.25, 0, 0)
    size = (4, 8, 6)  # z, y, x
    model = transformer(theta, 'SimilarityGrid', size)
    seen = seen_in(nn.Sequential(model), torch.rand(2, 1, *size)).glimpses[0]
    edges = seen.edges()
    assert edges.shape == (2, 12, 65, 3)
    # the corner (-1, -1, -1) reads (0.5 + 0.25, -0.5, -0.5)
    first = [(0.75 + 1) * 3 - 0.5, 0.5 * 4 - 0.5, 0.5 * 2 - 0.5]
    assert_close(edges[0, 0, 0], torch.tensor(first))
    ends = edges[0][:, [0, -1]]
    sides = (ends[:, 1] - ends[:, 0]).abs().sort(1).values
    lengths = sides[:, 2].sort().values
    assert_close(sides[:, :2], torch.zeros(12, 2), atol=1e-5, rtol=0)
    expected = torch.tensor([2.0] * 4 + [3.0] * 4 + [4.0] * 4)
    assert_close(lengths, expected)
    corners = ends.flatten(0, 1).round(decimals=3).unique(dim=0)
    assert len(corners) == 8

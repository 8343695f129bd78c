"""A localiser that follows its source costs nothing, any other does."""

import math

import pytest
import torch
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from torch import nn
from torch.testing import assert_close

from mmstn.geometry.affine import compose_affine
from mmstn.geometry.lattice import lattice
from mmstn.models.losses import ConsistencyLoss
from mmstn.models.transformer import ProjectiveGrid, SpatialTransformer
from mmstn.models.transformer.find import Reading

FAMILIES = ['SimilarityGrid', 'AffineGrid', 'ProjectiveGrid']
SIZES = [(32, 32), (24, 40), (20,), (16, 20, 12)]


class Follow(nn.Module):
    """Find how a picture of its own coordinates was moved, and undo it."""

    def __init__(self, grid, start):
        super().__init__()
        self.grid = grid
        self.start = start
        self.theta = nn.Parameter(torch.tensor([start]))

    def forward(self, source):
        cells = lattice(source.shape[2:], source)
        inner = (cells.abs() < 0.4).all(-1)
        values = source[:, :, inner].mT  # (B, K, n), what cells show
        ones = torch.ones(int(inner.sum()), 1)
        known = torch.cat([cells[inner], ones], 1).expand(len(source), -1, -1)
        found = torch.linalg.lstsq(known, values).solution.mT
        linear = found[..., :-1].inverse()
        undo = torch.cat([linear, -linear @ found[..., -1:]], dim=-1)
        window = self.grid.linearised(self.theta).expand_as(undo)
        matrix = compose_affine(undo, window)
        if self.grid.num_params == 8:
            row = matrix.new_tensor([[0.0, 0.0, 1.0]]).expand(
                len(matrix), 1, 3
            )
            matrix = torch.cat([matrix, row], dim=1)
        return self.grid.from_matrix(matrix)


def coordinates(size, count=3):
    cells = lattice(size, torch.zeros(()))
    return cells.movedim(-1, 0).expand(count, -1, *size)


def reading_of(transformer, source):
    theta = transformer.locate(source)
    posterior = getattr(transformer.localisation, 'posterior', None)
    return Reading(
        'name', transformer, transformer.grid, theta, source, posterior
    )


@pytest.mark.parametrize(
    ('family', 'size'),
    [(family, (32, 32)) for family in FAMILIES]
    + [('AffineGrid', size) for size in SIZES],
    ids=str,
)
def test_a_localiser_that_follows_costs_nothing(family, size):
    torch.manual_seed(0)
    grid = MODELS.build(dict(type=f'mmstn.{family}', size=size))
    start = grid.window_theta(0.6, (0.2, -0.1, 0.1)[: len(size)])
    transformer = SpatialTransformer(Follow(grid, start), grid)
    loss = ConsistencyLoss(angle=25)
    found = reading_of(transformer, coordinates(size))
    assert_close(loss([found]), torch.tensor(0.0), atol=1e-8, rtol=0)
    still = SpatialTransformer(
        dict(
            trunk=dict(
                type='mmstn.PlainNet',
                size=size,
                steps=[],
                in_channels=len(size),
            )
        ),
        grid,
    )
    assert loss([reading_of(still, coordinates(size))]) > 1e-3


def the_largest(draws, low, high):
    """In place of a draw from an interval."""
    return draws.fill_(high)


@pytest.mark.parametrize(
    ('motion', 'expected'),
    [
        (dict(angle=90, scale=1, shift=0), 2 * 2 / 3 * (1 - 1 / 64)),
        (dict(angle=0, scale=2, shift=0), 1 * 2 / 3 * (1 - 1 / 64)),
        (dict(angle=0, scale=1, shift=0.5), 2 * 0.25),
    ],
    ids=repr,
)
def test_one_that_stands_still_costs_the_motion(motion, expected, monkeypatch):
    transformer = MODELS.build(small_transformer())
    found = reading_of(transformer, torch.rand(2, 1, 8, 8))
    monkeypatch.setattr(torch.Tensor, 'uniform_', the_largest)
    loss = ConsistencyLoss(**motion)([found])
    assert_close(loss, torch.tensor(expected))
    weighted = ConsistencyLoss(weight=3, **motion)([found])
    assert_close(weighted, torch.tensor(3 * expected))


def test_a_turn_is_one_of_square_pixels(monkeypatch):
    monkeypatch.setattr(torch.Tensor, 'uniform_', the_largest)
    source = torch.zeros(1, 1, 10, 20)
    matrix = ConsistencyLoss(angle=90, scale=1, shift=0).draw(source)
    expected = torch.tensor([[[0, -0.5, 0], [2, 0, 0]]])
    assert_close(matrix, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    'others',
    [
        dict(),
        dict(num_transformers=2, starts=[(0.5, 0.3, 0), (0.5, -0.3, 0)]),
        dict(deviation=0.1),
        dict(num_steps=2),
    ],
    ids=['single', 'parallel', 'probabilistic', 'iterative'],
)
def test_following_its_gradient_a_localiser_learns_to_follow(others):
    torch.manual_seed(0)
    transformer = MODELS.build(
        small_transformer(size=(12, 12), steps=[dict(fc=16)], **others)
    )
    cells = lattice((12, 12), torch.zeros(()))
    centres = torch.rand(32, 1, 1, 2) - 0.5
    source = (-8 * (cells - centres).square().sum(-1)).exp()[:, None]
    loss = ConsistencyLoss(angle=0, scale=1, shift=0.4)
    optimizer = torch.optim.Adam(transformer.parameters(), lr=1e-2)
    values = []
    for _ in range(60):
        values.append(loss([reading_of(transformer, source)]))
        optimizer.zero_grad()
        values[-1].backward()
        optimizer.step()
    assert values[-1] < 0.5 * values[0]


@pytest.mark.parametrize('others', [dict(), dict(num_steps=1)], ids=repr)
def test_of_a_probabilistic_localiser_the_means_are_compared(others):
    transformer = MODELS.build(small_transformer(deviation=0.5, **others))
    found = reading_of(transformer, torch.rand(4, 1, 8, 8))
    loss = ConsistencyLoss(angle=0, scale=1, shift=0)
    assert not torch.equal(found.theta, found.posterior.mean)
    assert_close(loss([found]), torch.tensor(0.0))


def test_n_parallel_transformers_count_as_n_single_ones():
    starts = [(0.5, 0.3, 0.0), (0.9, 0.0, -0.2)]
    source = torch.rand(2, 1, 8, 8)
    parallel = small_transformer(num_transformers=2, starts=starts)
    single = [small_transformer(start=start) for start in starts]
    values = []
    for group in ([parallel], single):
        found = [reading_of(MODELS.build(cfg), source) for cfg in group]
        each = []
        for one in found:
            torch.manual_seed(0)
            each.append(ConsistencyLoss()([one]))
        values.append(sum(each) / len(each))
    assert_close(values[0], values[1])


def test_the_draws_are_within_their_range():
    torch.manual_seed(0)
    loss = ConsistencyLoss(angle=40, scale=1.5, shift=0.2)
    matrix = loss.draw(torch.zeros(500, 1, 9, 9))
    angle = torch.atan2(matrix[:, 1, 0], matrix[:, 0, 0]) * 180 / math.pi
    scale = torch.linalg.det(matrix[..., :-1]).sqrt()
    for values, largest in (
        (angle, 40),
        (scale.log(), math.log(1.5)),
        (matrix[..., -1], 0.2),
    ):
        assert 0.9 * largest < values.max() <= 1.0001 * largest
        assert -0.9 * largest > values.min() >= -1.0001 * largest


@pytest.mark.parametrize(
    'given', [dict(scale=0), dict(angle='1'), dict(shift=math.inf)], ids=repr
)
def test_motions_that_are_none_are_refused(given):
    with pytest.raises(ValueError, match=f'ConsistencyLoss: {[*given][0]} mu'):
        ConsistencyLoss(**given)


class Tilt(nn.Module):
    """Look more steeply the brighter a source is."""

    start = (1.0, 0, 0, 0, 1.0, 0, 1.0666, 0)

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor(self.start))

    def forward(self, source):
        bright = source.mean((1, 2, 3)) - 0.5
        tilt = nn.functional.pad(bright[:, None], (6, 1))
        return self.theta + tilt


def test_a_point_behind_the_camera_of_one_pass_gives_a_finite_gradient():
    torch.manual_seed(0)
    transformer = SpatialTransformer(Tilt(), ProjectiveGrid((28, 28)))
    source = torch.rand(8, 1, 28, 28)
    before = transformer.grid.read_points(transformer.locate(source))
    assert before.isnan().any()  # some points are behind
    loss = ConsistencyLoss()([reading_of(transformer, source)])
    loss.backward()
    assert loss > 0
    assert transformer.localisation.theta.grad.isfinite().all()

"""Laws of the distortions."""

import pytest
import torch
from torch.testing import assert_close

from mmstn.datasets.digits.distortion import (
    DISTORTIONS,
    distort,
    placed_grid,
    warped_in_time,
)
from mmstn.datasets.digits.draws import to_normal
from mmstn.datasets.digits.perspective import (
    corner_noise,
    is_convex,
    projected,
    tilted,
)
from mmstn.geometry.lattice import lattice
from mmstn.geometry.sampling import sample

NAMES = list(DISTORTIONS)
WARPED = ['R', 'RTS', 'P', 'E', 'corners', 'projective', 'time']
ALMOST = 1 - 1e-12


def uniform(*size):
    return torch.rand(*size, generator=torch.manual_seed(0)).double()


def digit():
    """One digit of noise, with the empty border that digits have."""
    image = torch.zeros(1, 28, 28, dtype=torch.uint8)
    image[:, 4:24, 4:24] = (uniform(20, 20) * 256).to(torch.uint8)
    return image


def white():
    return torch.full((1, 28, 28), 255, dtype=torch.uint8)


def place(image, scale=1.0, angle=0.0, shift=(0.0, 0.0), canvas=42):
    values = torch.tensor([[scale, angle, *shift]]).double()
    grid = placed_grid(values[:, 0], values[:, 1], values[:, 2:], canvas)
    return sample(image.unsqueeze(1).float(), grid)[0, 0]


def at_rest(name):
    """Draws that neither turn nor move a digit, at its largest scale."""
    draws = torch.full((1, DISTORTIONS[name].num_draws), 0.5).double()
    if name in ('P', 'E', 'time'):
        draws[:, 0] = ALMOST
    if name == 'RTS':
        draws[:, 1] = 0.6  # between 0.7 and 1.2 that is 1
    if name == 'projective':
        draws[:, 2] = 0
    return draws


def centre_of(image):
    rows, columns = image.sum(1), image.sum(0)
    steps = torch.arange(len(image)) - (len(image) - 1) / 2
    return torch.stack([columns @ steps, rows @ steps]) / image.sum()


@pytest.mark.parametrize('name', WARPED)
def test_a_digit_at_rest_keeps_its_pixels(name):
    canvas = DISTORTIONS[name].canvas
    output = distort(name, digit(), torch.tensor([0]), at_rest(name), canvas)
    edge = (canvas - 28) // 2
    expected = torch.zeros(1, 1, canvas, canvas, dtype=torch.uint8)
    expected[0, 0, edge : edge + 28, edge : edge + 28] = digit()[0]
    assert_close(output, expected, rtol=0, atol=0)


@pytest.mark.parametrize('scale', [0.7, 1.2])
def test_scale_is_that_of_the_digit(scale):
    ink = place(white(), scale=scale).sum() / 255
    assert_close(ink.item(), (28 * scale) ** 2, rtol=0.06, atol=0)


def test_a_quarter_turn_is_clockwise():
    turned = place(digit(), angle=torch.pi / 2, canvas=28)
    expected = digit()[0].float().rot90(-1)
    assert_close(turned, expected, rtol=0, atol=1e-2)


def test_shift_is_in_pixels_to_the_right_and_down():
    moved = place(digit(), shift=(3, -2))
    still = place(digit())
    assert_close(moved, still.roll((3, -2), (1, 0)), rtol=0, atol=1e-2)


def test_a_turned_digit_is_placed_where_it_is_told():
    image = place(white(), scale=0.8, angle=0.5, shift=(5, -3))
    expected = torch.tensor([5.0, -3.0])
    assert_close(centre_of(image), expected, rtol=0, atol=1e-2)


def test_rts_keeps_the_frame_on_the_canvas():
    draws = uniform(300, 4)
    draws[:, 1] *= 0.6  # scales up to 1: these frames always fit
    draws[::2, 2:] = draws[::2, 2:].round().clamp(max=ALMOST)  # into corners
    zeros = torch.zeros(300, dtype=torch.int64)
    ink = distort('RTS', white(), zeros, draws, 42).double().sum((1, 2, 3))
    side = 28 * (0.7 + 0.5 * draws[:, 1])
    lost = 1 - ink / 255 / side**2
    assert lost.max() < 0.07  # bilinear reading thins the outermost pixels


@pytest.mark.parametrize('side', [0, ALMOST])
def test_rts_reaches_the_edges(side):
    draws = torch.tensor([[0.5, 0.0, side, 0.5]]).double()
    image = distort('RTS', white(), torch.tensor([0]), draws, 42)[0, 0]
    edges = [image[:, 0].any().item(), image[:, -1].any().item()]
    assert edges == [side == 0, side != 0]


def test_p_follows_the_corners_of_its_canvas():
    draws = at_rest('P')
    draws[:, [3, 7]] = 0.9  # x of both right corners
    image = distort('P', white(), torch.tensor([0]), draws, 42)[0, 0]
    wider = 5 * to_normal(torch.tensor(0.9)).item()
    ink = image[21].sum().item() / 255
    assert_close(ink, 28 * (1 + wider / 42), rtol=0, atol=0.5)
    assert_close(
        centre_of(image.float())[0].item(), wider / 2, atol=0.3, rtol=0
    )


CORNERS = {
    'square': ([[-1, -1], [1, -1], [-1, 1], [1, 1]], True),
    'trapezium': ([[-1, -1], [1, -0.2], [-1, 1], [1, 0.2]], True),
    'dent': ([[-1, -1], [1, -1], [-1, 1], [-0.1, -0.1]], False),
    'crossed': ([[1, -1], [-1, -1], [-1, 1], [1, 1]], False),
    'mirrored': ([[1, -1], [-1, -1], [1, 1], [-1, 1]], False),
}


@pytest.mark.parametrize('case', CORNERS)
def test_convex_outlines_are_told_from_others(case):
    corners, expected = CORNERS[case]
    assert is_convex(torch.tensor([corners]).double()).item() is expected


def test_p_moves_by_half_what_is_not_convex():
    folded, half = at_rest('P'), at_rest('P')
    moves = torch.tensor([4.5, 4.5])  # the first corner, over the diagonal
    folded[0, 1:3] = torch.special.ndtr(moves.double())
    half[0, 1:3] = torch.special.ndtr(moves.double() / 2)
    assert_close(projected(folded, 42), projected(half, 42))


def normal(numbers):
    """Draws of given standard normal numbers."""
    return torch.special.ndtr(torch.tensor([numbers]).double())


def test_corner_noise_reads_where_its_corners_go():
    alone = [0.1, 0.2, -0.3, 0.4, 0.5, -0.6, -0.7, 0.8]
    grid = corner_noise(normal([*alone, 1.0, -1.0]), 28).double()
    corners = grid[0, [0, 0, -1, -1], [0, -1, 0, -1]]
    rest = torch.tensor([[-1, -1], [1, -1], [-1, 1], [1, 1]]).double()
    together = torch.tensor([1.0, -1.0])
    moves = torch.tensor(alone).view(4, 2) + together
    # 1 is half the way between the centres of the outermost pixels
    expected = (rest + 0.25 * moves.double()) * 27 / 28
    assert_close(corners, expected, rtol=0, atol=1e-5)


def test_corner_noise_has_the_deviation_of_its_authors():
    grid = corner_noise(uniform(5000, 10), 28)
    rest = corner_noise(normal([0.0] * 10), 28)
    moves = (grid - rest)[:, [0, 0, -1, -1], [0, -1, 0, -1]] * 28 / 27
    alone = (moves - moves.mean(1, keepdim=True)).square().sum(1) / 3
    together = moves.mean(1).square().mean() - alone.mean() / 4
    assert_close(alone.mean().sqrt().item(), 0.25, rtol=0.02, atol=0)
    assert_close(together.sqrt().item(), 0.25, rtol=0.02, atol=0)


def test_corner_noise_moves_by_half_what_is_not_convex():
    folded, half = [0.0] * 10, [0.0] * 10
    folded[:2], half[:2] = [4.5, 4.5], [2.25, 2.25]
    grids = [corner_noise(normal(moves), 28) for moves in (folded, half)]
    assert_close(*grids)


@pytest.mark.parametrize('canvas', [30, 42])
def test_around_corner_noise_a_larger_canvas_shows_more(canvas):
    draws = uniform(50, 10)
    margin = (canvas - 28) // 2
    inner = slice(margin, -margin)
    grid = corner_noise(draws, canvas)
    assert_close(grid[:, inner, inner], corner_noise(draws, 28))
    digits = torch.randint(256, (50, 28, 28), dtype=torch.uint8)
    images = [
        distort('corners', digits, torch.arange(50), draws, side)
        for side in (28, canvas)
    ]
    difference = images[1][:, :, inner, inner].int() - images[0].int()
    assert difference.abs().max() <= 1  # both are rounded
    assert images[1].sum() > images[0].sum()


@pytest.mark.parametrize('canvas', [28, 40])
def test_a_warp_in_time_runs_on_and_holds_the_whole_digit(canvas):
    grid = warped_in_time(uniform(200, 4), canvas).double()
    assert_close(grid[..., 0], grid[:1, :1, :, 0].expand_as(grid[..., 0]))
    along = grid[:, :, 0, 1]  # (B, canvas)
    assert (along.diff(dim=1) > 0).all()
    lasts = (along.abs() < 1).double().sum(1)
    assert (lasts.min().item(), lasts.max().item()) == pytest.approx(
        (14, 28), abs=1
    )
    assert (along[:, 0] < -0.9).all()
    assert (along[:, -1] > 0.9).all()


def test_a_warp_in_time_bends_between_fixed_ends():
    slow = torch.tensor([[ALMOST, 0.5, 0.0, 0.5]]).double()
    fast = torch.tensor([[ALMOST, 0.5, ALMOST, 0.5]]).double()
    paths = [warped_in_time(draws, 28)[0, :, 0, 1] for draws in (slow, fast)]
    slopes = [path.diff()[13] * 14 for path in paths]  # in the middle
    assert_close(torch.stack(slopes), torch.tensor([0.55, 1.45]), **roughly)
    ends = [path[[0, -1]] for path in paths]
    assert_close(ends[0], torch.tensor([-1.0, 1.0]), rtol=0, atol=0.06)
    assert_close(ends[1], torch.tensor([-1.0, 1.0]), rtol=0, atol=0.06)


roughly = dict(rtol=0, atol=0.01)


def two_by_two(*numbers):
    return torch.stack(numbers, 1).unflatten(1, (2, 2))


def test_projective_digits_go_where_their_authors_put_them():
    draws = uniform(40, 6)
    a, b, scale, aspect, angle, shear = (2 * draws - 1).T
    tilt = 0.8 * torch.stack([a, b * (1 - a.abs())], 1)
    scale, aspect = 2 ** ((scale + 1) / 2), 1.5**aspect
    angle, one, zero = (
        torch.pi * angle,
        torch.ones_like(a),
        torch.zeros_like(a),
    )
    cos, sin = angle.cos(), angle.sin()
    turn = two_by_two(cos, -sin, sin, cos)
    slant = two_by_two(one, 1.5 * shear, zero, one)
    sides = two_by_two(scale * aspect, zero, zero, scale / aspect)
    read = tilted(draws, 64).double()  # (B, 64, 64, 2)
    moved = read @ (turn @ slant @ sides)[:, None].mT
    there = moved / (1 + read @ tilt[:, None, :, None]) * (28 / 64)
    centres = lattice((64, 64), there).expand_as(there)
    is_inside = (read.abs() < 1).all(-1)
    assert is_inside.flatten(1).sum(1).min() > 100
    assert_close(there[is_inside], centres[is_inside], rtol=0, atol=1e-4)


def test_e_reads_where_its_control_points_go():
    draws = at_rest('E')
    draws[:, 1::2] = torch.special.ndtr(torch.tensor(1.0).double())
    image = distort('E', digit(), torch.tensor([0]), draws, 42)[0, 0]
    expected = place(digit(), shift=(-1.5, 0)).round()
    assert_close(image.float(), expected, rtol=0, atol=1)


def test_e_moves_each_control_point_alone():
    draws = at_rest('E')
    draws[:, 1 + 2 * 5 + 1] = 0.99  # y of the second of the second row
    grid = DISTORTIONS['E'].grid(draws, 42)
    moved = (grid - DISTORTIONS['E'].grid(at_rest('E'), 42)).abs().sum(-1)[0]
    row, column = divmod(moved[7:35, 7:35].argmax().item(), 28)
    assert (row, column) == pytest.approx((28 / 3, 28 / 3), abs=1.5)


def test_tc_moves_the_digit_by_whole_pixels():
    digits = torch.cat([digit() * 0, digit(), digit() * 0])
    draws = uniform(8, 32)
    draws[0, :2], draws[1, :2] = 0, ALMOST
    numbers = torch.ones(8, dtype=torch.int64)
    output = distort('TC', digits, numbers, draws, 60)[:, 0]
    corners = (draws[:, :2] * 33).long().tolist()
    expected = torch.zeros_like(output)
    for image, (x, y) in zip(expected, corners, strict=True):
        image[y : y + 28, x : x + 28] = digit()[0]
    assert corners[1] == [32, 32]
    assert_close(output, expected, rtol=0, atol=0)


def test_tc_adds_six_patches_of_other_digits():
    digits = torch.cat([white(), white() * 0, white()])
    draws = uniform(1, 32)
    draws[0, 5::5] = torch.arange(6) / 6  # x: 0, 9, 18, 27, 36, 45
    output = distort('TC', digits, torch.tensor([1]), draws, 60)[0, 0]
    assert output.sum().item() == 6 * 36 * 255
    assert output[:, 51:].sum() == 0
    assert set(output.unique().tolist()) == {0, 255}


def test_tc_clips_at_white():
    digits = torch.cat([white() * 0, white() // 2 + 50])
    draws = uniform(1, 32) * 0 + 0.5  # all six patches at one place
    output = distort('TC', digits, torch.tensor([0]), draws, 60)
    assert output.max() == 255


@pytest.mark.parametrize('name', NAMES)
def test_a_sample_does_not_depend_on_its_batch(name):
    digits = (uniform(9, 28, 28) * 256).to(torch.uint8)
    draws = uniform(9, DISTORTIONS[name].num_draws)
    canvas = DISTORTIONS[name].canvas
    numbers = torch.arange(9)
    together = distort(name, digits, numbers, draws, canvas)
    alone = distort(name, digits, numbers[4:5], draws[4:5], canvas)
    assert_close(together[4:5], alone, rtol=0, atol=0)


def test_normal_numbers_are_normal():
    numbers = to_normal(uniform(100_000))
    assert_close(numbers.mean().item(), 0.0, rtol=0, atol=0.02)
    assert_close(numbers.std().item(), 1.0, rtol=0, atol=0.02)
    assert to_normal(torch.zeros(1).double()).isfinite()


def centre_map(name, draws):
    """Return the map at the centre of the canvas, pixel to pixel, (2, 2).

    Columns are steps along x and y of the canvas, rows x and y of the digit.
    """
    canvas = DISTORTIONS[name].canvas
    grid = DISTORTIONS[name].grid(draws, canvas)[0].double() * 14
    middle = canvas // 2 - 1
    here = grid[middle, middle]
    along = grid[middle, middle + 1] - here, grid[middle + 1, middle] - here
    return torch.stack(along, dim=1)


def angle_and_scale(name, draws):
    """Return how a digit is turned, in degrees, and its scale."""
    step = centre_map(name, draws)
    angle = -torch.atan2(step[1, 0], step[0, 0]).rad2deg()
    return angle.item(), step.det().abs().rsqrt().item()


RANGES = {  # column of the draws: angle and scale at 0, and at almost 1
    ('R', 0): ((-90, 1), (90, 1)),
    ('RTS', 0): ((-45, 1), (45, 1)),
    ('RTS', 1): ((0, 0.7), (0, 1.2)),
    ('P', 0): ((0, 0.75), (0, 1)),
    ('E', 0): ((0, 0.75), (0, 1)),
    ('time', 1): ((0, 1), (0, 1)),
    ('projective', 2): ((0, 1), (0, 2)),
}


@pytest.mark.parametrize('end', [0, 1])
@pytest.mark.parametrize(('name', 'column'), RANGES)
def test_angle_and_scale_have_the_ranges_of_the_paper(name, column, end):
    draws = at_rest(name)
    draws[0, column] = (0, ALMOST)[end]
    expected = RANGES[name, column][end]
    assert angle_and_scale(name, draws) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize('canvas', [28, 42])
def test_without_a_distortion_a_digit_stays_as_it_is(canvas):
    images = distort(None, digit(), torch.tensor([0]), uniform(1, 0), canvas)
    expected = torch.zeros(1, 1, canvas, canvas, dtype=torch.uint8)
    edge = (canvas - 28) // 2
    expected[..., edge : edge + 28, edge : edge + 28] = digit()
    assert_close(images, expected, atol=0, rtol=0)

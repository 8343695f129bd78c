"""Laws of part 2: every family, in every dimension it has."""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

from mmstn.geometry.affine import affine_grid, apply_affine
from mmstn.geometry.lattice import lattice
from mmstn.geometry.projective import apply_projective
from mmstn.geometry.sampling import sample
from mmstn.models.transformer.grid import build_grid

LINE = [(1,), (7,)]
FLAT, DEEP = [(1, 1), (5, 9)], [(1, 1, 1), (2, 3, 5)]
SIZES = {
    'TranslationGrid': LINE + FLAT + DEEP,
    'AttentionGrid': LINE + FLAT + DEEP,
    'SimilarityGrid': FLAT + DEEP,
    'AffineGrid': LINE + FLAT + DEEP,
    'ProjectiveGrid': FLAT,
    'TPSGrid': FLAT,
}
CASES = [(family, size) for family in SIZES for size in SIZES[family]]
every_family = pytest.mark.parametrize(
    ('family', 'size'), CASES, ids=lambda value: str(value)
)
exactly = dict(atol=0, rtol=0)


def build(family, size, **kwargs):
    return MODELS.build(dict(type=f'mmstn.{family}', size=size, **kwargs))


def identity(grid, batch=1):
    return torch.tensor(grid.identity).expand(batch, -1)


def random(grid, batch=3):
    torch.manual_seed(0)
    theta = identity(grid, batch)
    return theta + 0.1 * torch.randn_like(theta)


def centres(size):
    return lattice(size, torch.zeros(1)).flatten(0, -2)


@every_family
def test_identity_gives_the_lattice_exactly(family, size):
    grid = build(family, size)
    expected = lattice(size, torch.zeros(1)).expand(3, *size, len(size))
    assert_close(grid(identity(grid, 3)), expected, **exactly)


@every_family
def test_points_agree_with_the_grid(family, size):
    grid = build(family, size)
    theta = random(grid)
    expected = grid(theta).flatten(1, -2)
    assert_close(grid.map_points(theta, centres(size)), expected)


@every_family
def test_points_of_a_batch_equal_points_of_each_sample(family, size):
    grid = build(family, size)
    theta = random(grid)
    torch.manual_seed(1)
    points = torch.rand(4, len(size))
    together = grid.map_points(theta, points)
    alone = [grid.map_points(row[None], points) for row in theta]
    assert_close(together, torch.cat(alone))


@pytest.mark.parametrize(
    ('family', 'size'), [case for case in CASES if case[0] != 'TPSGrid']
)
def test_the_matrix_agrees_with_the_grid(family, size):
    grid = build(family, size)
    theta = random(grid)
    project = family == 'ProjectiveGrid'
    apply = apply_projective if project else apply_affine
    moved = apply(grid.matrix(theta), centres(size))
    assert_close(moved, grid(theta).flatten(1, -2))


@pytest.mark.parametrize('size', [(7,), (5, 9), (2, 3, 5)], ids=str)
def test_translation_is_attention_of_its_scale(size):
    translation = build('TranslationGrid', size, scale=0.5)
    attention = build('AttentionGrid', size)
    shift = random(translation)
    theta = torch.cat([torch.full((3, 1), 0.5), shift], dim=1)
    assert_close(translation(shift), attention(theta))


@pytest.mark.parametrize('size', [(5, 9), (2, 3, 5)], ids=str)
def test_attention_is_similarity_without_rotation(size):
    attention = build('AttentionGrid', size)
    similarity = build('SimilarityGrid', size)
    theta = random(attention)
    still = torch.zeros(3, 1 if len(size) == 2 else 3)
    turned = torch.cat([theta[:, :1], still, theta[:, 1:]], dim=1)
    assert_close(similarity(turned), attention(theta))


@pytest.mark.parametrize('size', [(5, 9), (2, 3, 5)], ids=str)
def test_similarity_is_affine_of_its_matrix(size):
    similarity = build('SimilarityGrid', size)
    theta = random(similarity)
    matrix = similarity.matrix(theta)
    affine = build('AffineGrid', size)
    assert_close(affine(matrix.flatten(1)), similarity(theta))


def test_affine_is_projective_without_tilt():
    affine, projective = (
        build('AffineGrid', (5, 9)),
        build('ProjectiveGrid', (5, 9)),
    )
    theta = random(affine)
    level = torch.cat([theta, torch.zeros(3, 2)], dim=1)
    assert_close(projective(level), affine(theta))


def test_affine_is_tps_of_affinely_moved_points():
    affine, tps = build('AffineGrid', (5, 9)), build('TPSGrid', (5, 9))
    theta = random(affine)
    targets = apply_affine(affine.matrix(theta), tps.control)
    assert_close(tps(targets.flatten(1)), affine(theta))


@pytest.mark.parametrize('control', [(2, 2), (3, 5), (2, 10)], ids=str)
def test_tps_of_other_control_points_bends_through_them(control):
    grid = build('TPSGrid', (5, 9), control=control)
    assert_close(grid(identity(grid))[0], lattice((5, 9), grid.control))
    theta = random(grid)
    reached = grid.map_points(theta, grid.control).flatten(1)
    assert_close(reached, theta)


@pytest.mark.parametrize('bad', ['nan', 'inf', '-inf'])
@every_family
def test_any_non_finite_number_gives_nan_for_that_sample_only(
    family, size, bad
):
    grid = build(family, size)
    count = len(grid.identity)
    theta = random(grid, count + 2)
    source = torch.rand(count + 2, 2, *size)
    expected = sample(source, grid(theta))
    theta.diagonal()[:] = float(bad)  # another number in each sample
    output = sample(source, grid(theta))
    assert output[:count].isnan().all()
    assert grid.map_points(theta, centres(size))[:count].isnan().all()
    assert_close(output[count:], expected[count:], **exactly)


@every_family
def test_a_non_finite_theta_leaves_the_gradients_of_the_others(family, size):
    grid = build(family, size)
    theta = random(grid)
    theta[1] = float('nan')
    theta.requires_grad_()
    grid(theta)[[0, 2]].square().sum().backward()
    assert theta.grad[[0, 2]].isfinite().all()


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@every_family
def test_half_precision_theta_gives_a_float32_grid(family, size, dtype):
    grid = build(family, size)
    theta = random(grid).to(dtype)
    assert_close(grid(theta), grid(theta.float()), **exactly)


@pytest.mark.parametrize('family', SIZES)
def test_autocast_leaves_the_grid_in_float32(family):
    grid = build(family, (192, 192))
    theta = random(grid)
    with torch.autocast('cpu', torch.bfloat16):
        read, points = grid(theta), grid.map_points(theta, centres((192, 192)))
    assert_close(read, grid(theta), **exactly)
    expected = grid.map_points(theta, centres((192, 192)))
    assert_close(points, expected, **exactly)


@every_family
def test_float64_theta_gives_a_float64_grid(family, size):
    grid = build(family, size)
    theta = random(grid)
    assert grid(theta.double()).dtype == torch.float64
    assert_close(grid(theta.double()).float(), grid(theta))


def test_3d_affine_in_a_plane_is_2d_affine():
    flat, deep = build('AffineGrid', (5, 9)), build('AffineGrid', (1, 5, 9))
    theta = random(flat)
    matrix = torch.zeros(3, 3, 4)
    matrix[:, :2, [0, 1, 3]] = flat.matrix(theta)
    expected = affine_grid(flat.matrix(theta), (5, 9))
    assert_close(deep(matrix.flatten(1))[:, 0, ..., :2], expected)


@every_family
def test_nothing_constant_is_saved(family, size):
    assert not build(family, size).state_dict()


@pytest.mark.parametrize(
    'size',
    [(), (2, 3, 4, 5), (0, 3), (0,), (-1, 3), (2.0, 3), 8, '88', None],
    ids=repr,
)
@pytest.mark.parametrize('family', SIZES)
def test_an_unusable_size_is_refused(family, size):
    message = rf'{family}: size must be .*\(H, W\).* but got '
    with pytest.raises(ValueError, match=message):
        build(family, size)


@pytest.mark.parametrize('family', ['ProjectiveGrid', 'TPSGrid'])
def test_families_of_the_plane_refuse_a_volume(family):
    message = rf'{family}: size must be \(H, W\) in .* got \(2, 3, 4\)'
    with pytest.raises(ValueError, match=message):
        build(family, (2, 3, 4))


@pytest.mark.parametrize(
    'family', ['SimilarityGrid', 'ProjectiveGrid', 'TPSGrid']
)
def test_families_that_turn_refuse_one_axis(family):
    message = rf'{family}: size must be \(H, W\) .* got \(4,\)'
    with pytest.raises(ValueError, match=message):
        build(family, (4,))


def test_along_one_axis_affine_is_scale_and_shift():
    theta = torch.tensor([[0.5, 0.25], [-1.0, 0.5]])
    along = build('AffineGrid', (7,))
    assert_close(along(theta), build('AttentionGrid', (7,))(theta))
    described = along.describe(theta)
    assert_close(described['scale'], torch.tensor([0.5, 1.0]))
    assert_close(described['x'], theta[:, 1])
    assert described.keys() == {'scale', 'x'}


@pytest.mark.parametrize('control', [(4,), (1, 4), (4.0, 4), 4], ids=repr)
def test_unusable_control_points_of_a_config_are_refused(control):
    with pytest.raises(ValueError, match='TPSGrid: control must be .* got '):
        build('TPSGrid', (5, 9), control=control)


@pytest.mark.parametrize('shape', [(2, 5), (5,), (2, 1, 6)], ids=str)
def test_theta_of_another_length_is_refused(shape):
    grid = build('AffineGrid', (5, 9))
    message = r'AffineGrid: theta must be \(B, 6\), but got '
    with pytest.raises(ValueError, match=message):
        grid(torch.zeros(shape))
    with pytest.raises(ValueError, match=message):
        grid.map_points(torch.zeros(shape), centres((5, 9)))


@pytest.mark.parametrize('kind', ['AffineGrid', 'mmstn.PlainNet', None])
def test_an_unknown_family_is_named(kind):
    with pytest.raises(ValueError, match=f'one of mmstn.Tr.*got {kind!r}'):
        build_grid(dict(type=kind, size=(5, 9)))


@pytest.mark.parametrize('scale', ['half', 0, float('nan')])
def test_an_unusable_scale_is_refused(scale):
    with pytest.raises(ValueError, match='scale must be a number other than'):
        build('TranslationGrid', (5, 9), scale=scale)


@every_family
def test_the_number_of_parameters_is_the_length_of_the_identity(family, size):
    grid = build(family, size)
    assert grid.num_params == len(grid.identity)


def test_the_number_of_parameters_is_counted_once(monkeypatch):
    grid = build('AffineGrid', (5, 9))
    assert grid.num_params == 6
    monkeypatch.setattr(type(grid), 'window_theta', None)
    grid(torch.zeros(1, 6))


MATRICES = [case for case in CASES if case[0] != 'TPSGrid']
every_matrix_family = pytest.mark.parametrize(
    ('family', 'size'), MATRICES, ids=lambda value: str(value)
)


def turned(grid, seed):
    """Return thetas far from the identity, but of no more than half a turn."""
    torch.manual_seed(seed)
    theta = identity(grid, 3).double()
    return theta + 0.3 * torch.randn_like(theta)


@every_matrix_family
def test_theta_is_found_again_from_its_matrix(family, size):
    grid = build(family, size)
    theta = turned(grid, 0)
    assert_close(grid.from_matrix(grid.matrix(theta)), theta)


@every_matrix_family
def test_composed_maps_act_one_after_the_other(family, size):
    grid = build(family, size)
    outer, inner = turned(grid, 1), turned(grid, 2)
    if family == 'ProjectiveGrid':  # nothing behind a camera
        outer[:, 6:] *= 0.2
        inner[:, 6:] *= 0.2
    points = centres(size).double()
    together = grid.map_points(grid.compose(outer, inner), points)
    in_turn = grid.map_points(outer, grid.map_points(inner, points))
    assert_close(together, in_turn)


@pytest.mark.parametrize('size', [(7,), (5, 9), (2, 3, 5)], ids=str)
def test_of_an_oblong_window_the_nearest_scale_is_taken(size):
    grid = build('AttentionGrid', size)
    axes = len(size)
    scales = torch.tensor([0.2, 0.6, 1.0][:axes]).double()
    shift = torch.tensor([[0.3, -0.1, 0.2][:axes]]).double()
    matrix = torch.cat([torch.diag(scales)[None], shift[..., None]], dim=2)
    # least squares, by another way
    tries = torch.linspace(0, 1, 1001).double()
    nearest = tries[(tries[:, None] - scales).square().sum(1).argmin()]
    expected = torch.cat([nearest[None, None], shift], dim=1)
    assert_close(grid.from_matrix(matrix), expected, atol=1e-3, rtol=0)


def test_a_translation_of_another_scale_refuses_to_compose():
    grid = build('TranslationGrid', (5, 9), scale=0.5)
    message = r'scale=0.5 two maps in a row have scale 0.25, .* use scale=1'
    with pytest.raises(ValueError, match=message):
        grid.compose(torch.zeros(1, 2), torch.zeros(1, 2))


@pytest.mark.parametrize('axis', [(1, 0, 0), (0, 1, 0), (1, 2, -2)], ids=str)
@pytest.mark.parametrize('angle', [0, 1e-5, 1, 3.0, 3.14159])
def test_any_rotation_in_space_is_found_again(axis, angle):
    grid = build('SimilarityGrid', (2, 3, 5))
    vector = angle * torch.nn.functional.normalize(
        torch.tensor([axis]).double()
    )
    theta = torch.cat([vector.new_tensor([[0.7]]), vector, vector], dim=1)
    assert_close(grid.from_matrix(grid.matrix(theta)), theta)


@pytest.mark.parametrize('size', [(5, 9), (2, 3, 5)], ids=str)
def test_gradients_through_a_composition_are_finite_at_the_identity(size):
    grid = build('SimilarityGrid', size)
    theta = identity(grid).clone().requires_grad_()
    grid.compose(theta, theta).sum().backward()
    assert_close(theta.grad, torch.full_like(theta, 2.0))


@every_family
def test_points_may_differ_between_samples(family, size):
    grid = build(family, size)
    theta = random(grid)
    torch.manual_seed(1)
    points = torch.rand(3, 4, len(size))
    alone = [
        grid.map_points(row[None], each)
        for row, each in zip(theta, points, strict=True)
    ]
    assert_close(grid.map_points(theta, points), torch.cat(alone))


def test_control_points_are_where_theta_says():
    grid = build('TPSGrid', (5, 9))
    theta = random(grid)
    assert_close(grid.control_points(theta).flatten(1), theta)
    reached = grid.map_points(theta, grid.control)
    assert_close(grid.control_points(theta), reached)
    affine = build('AffineGrid', (5, 9))
    assert affine.control_points(random(affine)) is None


def test_points_behind_a_camera_read_nowhere():
    grid = build('ProjectiveGrid', (5, 9))
    theta = torch.tensor([[1.0, 0, 0, 0, 1, 0, 2, 0]])
    points = grid.map_points(theta, torch.tensor([[-1.0, 0], [1.0, 0.5]]))
    assert points[0, 0].isnan().all()
    assert_close(points[0, 1], torch.tensor([1 / 3, 0.5 / 3]))
    assert grid(theta).isfinite().all()

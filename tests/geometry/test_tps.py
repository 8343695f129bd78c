import pytest
import torch
from scipy.interpolate import RBFInterpolator
from torch.testing import assert_close

from mmstn.geometry import affine, tps
from mmstn.geometry.lattice import lattice

SHAPES = [(4, 4), (2, 10), (3, 2)]
SIZE = (7, 11)


def spline(targets, control, size=SIZE):
    basis = tps.tps_basis(control, lattice(size, control).flatten(0, 1))
    return tps.tps_grid(basis, control, targets, size)


def displaced(control):
    torch.manual_seed(0)
    return (control + 0.2 * torch.randn(3, *control.shape)).double()


@pytest.mark.parametrize('shape', SHAPES, ids=str)
def test_control_points_at_rest_give_the_exact_identity(shape):
    control = tps.control_lattice(*shape)
    assert_close(
        spline(control[None], control)[0],
        lattice(SIZE, control),
        atol=0,
        rtol=0,
    )


@pytest.mark.parametrize('shape', SHAPES, ids=str)
def test_the_spline_is_scipys(shape):
    control = tps.control_lattice(*shape)
    targets = displaced(control)
    centres = lattice(SIZE, control).flatten(0, 1)
    exact = RBFInterpolator(control, targets[0], kernel='thin_plate_spline')
    expected = torch.from_numpy(exact(centres)).unflatten(0, SIZE)
    assert_close(spline(targets, control)[0], expected)


@pytest.mark.parametrize('shape', SHAPES, ids=str)
def test_control_points_go_to_their_targets(shape):
    control = tps.control_lattice(*shape)
    targets = displaced(control)
    assert_close(tps.apply_tps(targets, control, control), targets)


def test_affinely_moved_control_points_equal_affine():
    control = tps.control_lattice(4, 4)
    matrix = torch.tensor([[[0.8, 0.2, 0.1], [-0.3, 0.9, -0.2]]]).double()
    targets = affine.apply_affine(matrix, control)
    assert_close(spline(targets, control), affine.affine_grid(matrix, SIZE))


def test_points_agree_with_the_grid():
    control = tps.control_lattice(4, 4)
    targets = displaced(control)
    centres = lattice(SIZE, control).flatten(0, 1)
    assert_close(
        tps.apply_tps(targets, control, centres),
        spline(targets, control).flatten(1, 2),
    )


@pytest.mark.parametrize(
    'control',
    [[[0, 0], [1, 1]], [[0, 0], [0.5, 0.5], [1, 1]], [[0, 0], [0, 0], [1, 0]]],
    ids=['two', 'on one line', 'twice the same'],
)
def test_unusable_control_points_are_refused(control):
    control = torch.tensor(control).double()
    with pytest.raises(ValueError, match='at least three, all different'):
        tps.tps_basis(control, control)


def test_at_control_points_the_slope_is_that_beside_them():
    control = tps.control_lattice(3, 4)
    targets = control + 0.1 * control.flip(1).sin()
    coefficients = tps.tps_coefficients(control)

    def slopes(points):
        points.requires_grad_()
        moved = tps.apply_tps(targets[None], control, points, coefficients)
        return torch.autograd.grad(moved.sum(), points)[0]

    assert_close(slopes(control.clone()), slopes(control + 1e-9))


def test_gradients():
    control = tps.control_lattice(3, 3)
    targets = displaced(control).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: spline(t, control), targets)

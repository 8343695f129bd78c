import math

import pytest
import torch
import torch.nn.functional as F
from scipy.spatial.transform import Rotation
from torch.testing import assert_close

from mmstn.geometry import affine
from mmstn.geometry.lattice import lattice
from mmstn.geometry.sampling import sample

SIZES = [(8, 8), (5, 9), (1, 1), (4, 5, 6), (7,), (1,)]


def image(size, batch=1):
    torch.manual_seed(0)
    return torch.rand(batch, 2, *size)


def attend(source, theta, size):
    grid = affine.affine_grid(affine.attention_matrix(theta), size)
    return sample(source, grid)


@pytest.mark.parametrize('size', SIZES, ids=str)
def test_identity_returns_the_source(size):
    source = image(size)
    theta = torch.tensor([[1.0] + [0.0] * len(size)])
    assert_close(attend(source, theta, size), source, atol=1e-5, rtol=0)


@pytest.mark.parametrize('size', [(8,), (8, 8), (4, 8, 8)], ids=str)
def test_half_scale_sees_the_central_half(size):
    source = image(size)
    half = tuple(n // 2 for n in size)
    theta = torch.tensor([[0.5] + [0.0] * len(size)])
    centre = tuple(slice(n // 4, n // 4 + n // 2) for n in size)
    assert_close(attend(source, theta, half), source[(..., *centre)])


def test_positive_x_looks_right_along_one_axis():
    source = image((8,))
    right = attend(source, torch.tensor([[0.5, 0.5]]), (4,))
    assert_close(right, source[..., 4:])


def test_positive_x_looks_right_and_positive_y_looks_down():
    source = image((8, 8))
    right = attend(source, torch.tensor([[0.5, 0.5, 0.0]]), (4, 4))
    down = attend(source, torch.tensor([[0.5, 0.0, 0.5]]), (4, 4))
    assert_close(right, source[..., 2:6, 4:])
    assert_close(down, source[..., 4:, 2:6])


def test_positive_z_looks_deeper():
    source = image((8, 4, 4))
    theta = torch.tensor([[0.5, 0.0, 0.0, 0.5]])
    seen = attend(source, theta, (4, 2, 2))
    assert_close(seen, source[:, :, 4:, 1:3, 1:3])


@pytest.mark.parametrize('size', SIZES[:4], ids=str)
def test_the_separable_grid_equals_torchs(size):
    torch.manual_seed(1)
    matrix = torch.randn(3, len(size), len(size) + 1)
    expected = F.affine_grid(matrix, (3, 1, *size), align_corners=False)
    assert_close(affine.affine_grid(matrix, size), expected)


@pytest.mark.parametrize('size', SIZES, ids=str)
def test_the_grid_is_the_matrix_applied_to_the_lattice(size):
    torch.manual_seed(1)
    matrix = torch.randn(3, len(size), len(size) + 1)
    centres = lattice(size, matrix).flatten(0, -2)
    expected = affine.apply_affine(matrix, centres)
    assert_close(affine.affine_grid(matrix, size).flatten(1, -2), expected)


def test_a_right_angle_of_similarity_turns_the_picture():
    source = image((6, 6))
    theta = torch.tensor([[1.0, math.pi / 2, 0.0, 0.0]])
    grid = affine.affine_grid(affine.similarity_matrix(theta), (6, 6))
    # what lies at +y in the source arrives at +x in the output
    assert_close(sample(source, grid), source.rot90(1, (2, 3)))


def test_similarity_in_3d_is_scipys_rotation():
    torch.manual_seed(2)
    vector = torch.randn(5, 3, dtype=torch.float64)
    shift = torch.randn(5, 3, dtype=torch.float64)
    theta = torch.cat([torch.full((5, 1), 0.7).double(), vector, shift], 1)
    rotation = torch.from_numpy(Rotation.from_rotvec(vector).as_matrix())
    expected = torch.cat([0.7 * rotation, shift[..., None]], dim=-1)
    assert_close(affine.similarity_matrix(theta), expected)


@pytest.mark.parametrize('length', [1e-30, 1e9, 2e19, 3e38], ids=str)
def test_a_3d_rotation_of_any_length_is_one(length):
    theta = torch.tensor([[1, 0.6, -1, 0.3, 0, 0, 0]]) * length
    theta[:, 0] = 1
    theta.requires_grad_()
    turn = affine.similarity_matrix(theta)[0, :, :3]
    assert_close(turn @ turn.T, torch.eye(3), atol=1e-4, rtol=0)
    (gradient,) = torch.autograd.grad(turn.sum(), theta)
    assert gradient.isfinite().all()


@pytest.mark.parametrize('value', [torch.nan, torch.inf, -torch.inf])
def test_a_3d_rotation_that_is_not_finite_is_nan(value):
    theta = torch.tensor([[1.0, 0, value, 0, 0, 0, 0]])
    assert affine.similarity_matrix(theta)[0, :, :3].isnan().any()


def test_similarity_without_rotation_equals_attention():
    theta = torch.tensor([[0.6, 0.1, -0.2], [1.2, 0.3, 0.4]])
    turned = torch.cat([theta[:, :1], torch.zeros(2, 1), theta[:, 1:]], 1)
    assert_close(
        affine.similarity_matrix(turned), affine.attention_matrix(theta)
    )


def test_affine_of_an_attention_matrix_is_that_matrix():
    matrix = affine.attention_matrix(torch.tensor([[0.6, 0.1, -0.2]]))
    assert_close(affine.affine_matrix(matrix.flatten(1)), matrix)


def test_translation_is_attention_of_one_scale():
    shift = torch.tensor([[0.1, -0.3], [0.5, 0.5]])
    theta = torch.cat([torch.full((2, 1), 0.5), shift], 1)
    assert_close(
        affine.translation_matrix(shift, 0.5), affine.attention_matrix(theta)
    )


def test_a_warp_and_its_inverse_return_the_interior():
    x = torch.linspace(0, 6, 64)
    source = (x.sin()[:, None] * x.cos()).expand(1, 1, 64, 64)
    turn = affine.similarity_matrix(torch.tensor([[1.0, 0.3, 0.05, 0.0]]))
    square = torch.cat([turn, torch.tensor([[[0.0, 0.0, 1.0]]])], 1)
    back = square.inverse()[:, :2]
    there = sample(source, affine.affine_grid(turn, (64, 64)), 'cubic')
    again = sample(there, affine.affine_grid(back, (64, 64)), 'cubic')
    inner = (..., slice(20, 44), slice(20, 44))
    assert_close(again[inner], source[inner], atol=5e-3, rtol=0)


FAMILIES = {
    'translation1': (1, lambda theta: affine.translation_matrix(theta, 0.5)),
    'translation': (2, lambda theta: affine.translation_matrix(theta, 0.5)),
    'translation3': (3, lambda theta: affine.translation_matrix(theta, 0.5)),
    'attention1': (2, affine.attention_matrix),
    'attention': (3, affine.attention_matrix),
    'attention3': (4, affine.attention_matrix),
    'similarity': (4, affine.similarity_matrix),
    'similarity3': (7, affine.similarity_matrix),
    'affine1': (2, affine.affine_matrix),
    'affine': (6, affine.affine_matrix),
    'affine3': (12, affine.affine_matrix),
}


@pytest.mark.parametrize('family', FAMILIES)
def test_gradients_of_every_family(family):
    parameters, matrix = FAMILIES[family]
    torch.manual_seed(0)
    theta = torch.randn(2, parameters, dtype=torch.float64)
    theta.requires_grad_()
    size = (3, 4, 2)[: matrix(theta).shape[1]]

    def grid(theta):
        return affine.affine_grid(matrix(theta), size)

    assert torch.autograd.gradcheck(grid, theta)
    assert torch.autograd.gradgradcheck(grid, theta)


def test_the_gradient_of_a_3d_rotation_is_finite_at_zero():
    theta = torch.tensor([[1.0] + [0.0] * 6]).double().requires_grad_()
    (gradient,) = torch.autograd.grad(
        affine.similarity_matrix(theta)[0, 2, 1], theta
    )
    expected = torch.zeros(1, 7).double()
    expected[0, 1] = 1  # about x: y goes to z
    assert_close(gradient, expected)

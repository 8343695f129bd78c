import cv2
import pytest
import torch
from torch.testing import assert_close

from mmstn.geometry import affine, projective
from mmstn.geometry.lattice import lattice
from mmstn.geometry.sampling import sample

THETA = [[0.9, 0.1, 0.05, -0.1, 0.8, -0.1, 0.2, -0.15]]


def test_a_zero_bottom_row_equals_affine():
    theta = torch.tensor(THETA)
    theta[:, 6:] = 0
    expected = affine.affine_grid(affine.affine_matrix(theta[:, :6]), (5, 7))
    grid = projective.projective_grid(
        projective.projective_matrix(theta), (5, 7)
    )
    assert_close(grid, expected)


def test_the_grid_is_opencvs_perspective_transform():
    matrix = projective.projective_matrix(torch.tensor(THETA))
    centres = lattice((5, 7), matrix).flatten(0, 1)
    expected = cv2.perspectiveTransform(
        centres.numpy()[None], matrix[0].numpy()
    )
    grid = projective.projective_grid(matrix, (5, 7))
    assert_close(grid.flatten(1, 2), torch.from_numpy(expected))
    assert_close(
        projective.apply_projective(matrix, centres),
        torch.from_numpy(expected),
    )


def test_the_affine_map_at_the_centre_has_its_value_and_slopes():
    matrix = projective.projective_matrix(torch.tensor(THETA).double())
    centre = torch.zeros(1, 2, dtype=torch.float64)

    def read(point):
        return projective.apply_projective(matrix, point)[0, 0]

    (slopes,) = torch.autograd.functional.jacobian(read, centre).unbind(1)
    expected = torch.cat([slopes, read(centre)[:, None]], dim=1)
    assert_close(projective.affine_at_centre(matrix)[0], expected)


@pytest.mark.parametrize('padding', ['zeros', 'border', 'reflection'])
def test_points_behind_the_camera_are_finite_and_get_no_gradient(
    padding,
):
    theta = torch.tensor([[1.0, 0, 0, 0, 1, 0, 3, 0]]).requires_grad_()
    matrix = projective.projective_matrix(theta)
    grid = projective.projective_grid(matrix, (8, 8))
    output = sample(torch.ones(1, 1, 8, 8), grid, padding=padding)
    output.sum().backward()
    assert output.isfinite().all()
    assert theta.grad.isfinite().all()


def test_a_point_in_the_camera_gets_no_gradient():
    theta = torch.tensor([[1.0, 0, 0, 0, 1, 0, 2, 0]]).requires_grad_()
    matrix = projective.projective_matrix(theta)
    grid = projective.projective_grid(matrix, (2, 2))  # depths of 0 and 2
    in_camera, in_front = grid.unbind(2)
    in_camera.sum().backward(retain_graph=True)
    assert_close(theta.grad, torch.zeros(1, 8))
    in_front.sum().backward()
    assert theta.grad.isfinite().all()
    assert theta.grad.any()


def test_points_behind_the_camera_read_outside():
    theta = torch.tensor([[1.0, 0, 0, 0, 1, 0, 3, 0]])  # behind for x < -1/3
    grid = projective.projective_grid(
        projective.projective_matrix(theta), (8, 8)
    )
    output = sample(torch.ones(1, 1, 8, 8), grid)
    assert_close(output[..., :2], torch.zeros(1, 1, 8, 2))
    assert (grid[:, :, 5:].abs() < 1).all()
    assert (output[..., 5:] > 0.5).all()


@pytest.mark.parametrize('size', [(1, 1), (1, 5)], ids=str)
def test_outside_is_outside_even_of_one_cell(size):
    grid = torch.full((1, *size, 2), projective.OUTSIDE)
    assert_close(
        sample(torch.ones(1, 1, 1, 1), grid), torch.zeros(1, 1, *size)
    )


def test_gradients():
    theta = torch.tensor(THETA, dtype=torch.float64, requires_grad=True)

    def grid(theta):
        return projective.projective_grid(
            projective.projective_matrix(theta), (3, 4)
        )

    assert torch.autograd.gradcheck(grid, theta)
    assert torch.autograd.gradgradcheck(grid, theta)

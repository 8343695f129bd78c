"""Solid digits in a cube of voxels."""

from functools import partial
from math import ceil, hypot, pi

import torch
from torch import Tensor

from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.draws import to_range
from mmstn.datasets.digits.mnist import DIGIT_SIDE, load_mnist
from mmstn.geometry.affine import affine_grid, similarity_matrix
from mmstn.geometry.sampling import sample
from mmstn.registry import DATASETS

DEPTH = 16
SOLID = (DIGIT_SIDE, DIGIT_SIDE, DEPTH)  # x, y, z
WINDOW = ceil(hypot(*SOLID)) + 2  # holds the solid, however it is turned


@DATASETS.register_module()
class DigitVolumes(DigitDataset):
    """Digits of MNIST, extruded, turned and placed at random in a cube.

    Source: Jaderberg et al. 2015, appendix A.3. The paper does not say how
    thick its digits are and how far they turn. Ours are 28x28 voxels and 16
    thick. They turn by a rotation vector of up to 45 degrees about each axis,
    and stand anywhere, as far as the turned solid fits into the cube.

    Args:
        data_root: Folder of MNIST's four idx files, gzipped or not.
        canvas: Side of the cube in voxels.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch missing files into ``data_root``.
        **kwargs: Of ``DigitDataset``, such as ``seed`` and ``pipeline``.
    """

    num_draws = 6

    def __init__(
        self,
        data_root: str,
        canvas: int = 60,
        split: str = 'train',
        download: bool = True,
        **kwargs,
    ):
        load = partial(load_mnist, data_root, split, download)
        super().__init__(load, split, canvas, data_root=data_root, **kwargs)

    def render(self, indices: Tensor, draws: Tensor) -> Tensor:
        faces = self.images[indices].float()[:, None]  # (B, 1, 28, 28)
        turn, shift = turned_and_placed(draws, self.canvas)
        # most of the cube is empty: only a window around the solid is read
        side = min(WINDOW, self.canvas)
        rest = self.canvas - side
        corner = (shift + rest / 2).round().clamp(0, rest)  # (B, 3)
        grid = window_grid(turn, shift + rest / 2 - corner, side)
        parts = extruded(faces, grid).round_().clamp_(0, 255).to(torch.uint8)
        volumes = parts.new_zeros(len(parts), 1, *[self.canvas] * 3)
        for volume, part, (x, y, z) in zip(
            volumes, parts, corner.long().tolist(), strict=True
        ):
            volume[:, z : z + side, y : y + side, x : x + side] = part
        return volumes


def turned_and_placed(draws: Tensor, canvas: int) -> tuple[Tensor, Tensor]:
    """Return the rotation and the position of each solid.

    Args:
        draws: float64 ``(B, 6)``: rotation and place, ``x, y, z`` each.
        canvas: Side of the cube in voxels.

    Returns:
        The rotations, ``(B, 3, 3)``, and the centres ``(x, y, z)`` in voxels
        from that of the cube, ``(B, 3)``.
    """
    rotation = to_range(draws[:, :3], -pi / 4, pi / 4)
    still = torch.zeros_like(rotation)
    theta = torch.cat([still[:, :1] + 1, rotation, still], dim=1)
    turn = similarity_matrix(theta)[:, :, :3]
    reach = (turn.abs() * draws.new_tensor(SOLID)).sum(2) / 2  # (B, 3)
    room = (canvas / 2 - reach).clamp(min=0)
    return turn, to_range(draws[:, 3:], -1, 1) * room


def window_grid(turn: Tensor, shift: Tensor, side: int) -> Tensor:
    """Return where the voxels of a window read in the solid's own frame.

    Args:
        turn: ``(B, 3, 3)``, the rotation of the solid.
        shift: ``(B, 3)``, its centre in voxels from that of the window.
        side: Of the window, in voxels.
    """
    back = turn.mT * (2 / shift.new_tensor(SOLID)[:, None])  # from voxels
    moved = (back * shift[:, None]).sum(2, keepdim=True)
    matrix = torch.cat([back * (side / 2), -moved], dim=2)
    return affine_grid(matrix.float(), (side,) * 3)


def extruded(faces: Tensor, grid: Tensor) -> Tensor:
    """Return solids of ``DEPTH`` voxels, each a face all along, at a grid.

    A trilinear reading of the solid, zero outside, is a bilinear one of its
    face, faded out within half a voxel of either end.

    Args:
        faces: ``(B, 1, 28, 28)``.
        grid: ``(B, *size, 3)``, in the frame of the solids.
    """
    places = grid[..., :2].flatten(1, 2)
    depth = ((1 - grid[..., 2].abs()) * (DEPTH / 2) + 0.5).clamp_(0, 1)
    return sample(faces, places).view_as(depth[:, None]) * depth[:, None]

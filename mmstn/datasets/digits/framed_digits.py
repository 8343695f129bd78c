"""Cards with digits, each beside the frame that it belongs into."""

from functools import partial
from math import pi

import torch
from torch import Tensor

from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.distortion import placed_corners
from mmstn.datasets.digits.draws import to_normal, to_other, to_range
from mmstn.datasets.digits.mnist import DIGIT_SIDE, load_mnist
from mmstn.datasets.digits.paste import add_clutter
from mmstn.geometry.lattice import to_normalised
from mmstn.geometry.outline import frame_perimeter
from mmstn.geometry.projective import homography_from_corners, projective_grid
from mmstn.geometry.sampling import sample
from mmstn.registry import DATASETS

POSE, PATCHES, PATCH_SIDE = 4, 12, 6
CANVAS = 48  # a side
MARGIN = 4.0  # pixels of a frame around a card, on each side
PAPER, LINE = 64.0, 160.0  # grey of a card without its digit, and of a frame
TOGETHER, CORNER = 0.2, 0.06  # deviations, in half sides of the canvas


@DATASETS.register_module()
class FramedDigits(DigitDataset):
    """Digits of MNIST on cards, displaced from the frames they belong into.

    A sample is ``(4, 48, 48)``, uint8, the channels of ``mmstn.STGAN``:

    - a background: a frame, empty, in clutter of 12 patches of 6x6 pixels;
    - a foreground: a card, grey with a white digit, displaced and tilted,
      multiplied by its coverage;
    - the coverage of the card, 255 where it hides the background;
    - a real picture: another card, in its frame on another background.

    The frame is turned by up to 20 degrees, of .6 to .85 of the size of a
    digit of MNIST, with room around it. The corners of the displaced card are
    those of the frame moved by normal numbers: all by the same, with a
    deviation of .2 in half sides of the canvas along each axis, and each by
    its own, of .06.

    Source: ours, for Lin et al. 2018, whose composites are not public.

    A sample has ``gt_corners (2, 4, 2)``: the corners of the card in the
    foreground, and where they belong, in pixels, clockwise from the digit's
    upper left one. The label is that of the digit.

    Args:
        data_root: Folder of MNIST's four idx files, gzipped or not.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch missing files into ``data_root``.
        **kwargs: Of ``DigitDataset``, such as ``seed`` and ``pipeline``.
    """

    # pose, clutter; another digit, its pose and clutter; displacement
    num_draws = 2 * (POSE + PATCHES * 5) + 1 + 5 * 2

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        download: bool = True,
        **kwargs,
    ):
        load = partial(load_mnist, data_root, split, download)
        super().__init__(load, split, CANVAS, data_root=data_root, **kwargs)

    def render(self, indices: Tensor, draws: Tensor) -> Tensor:
        own, other, number, _ = self.parts(draws)
        others = to_other(number, len(self.images), indices)
        start, true = self.corners(draws)
        elsewhere = self.places(other[:, :POSE])
        scene = self.background(own, indices, true)
        foreground, coverage = self.card(indices, start)
        card, hidden = self.card(others, elsewhere)
        real = self.background(other, others, elsewhere) * (1 - hidden) + card
        layers = [scene, foreground, 255 * coverage, real]
        return torch.cat(layers, dim=1).round().clamp(0, 255).byte()

    def targets(self, indices: Tensor, draws: Tensor) -> dict[str, Tensor]:
        corners = torch.stack(self.corners(draws), dim=1).float()
        return super().targets(indices, draws) | dict(gt_corners=corners)

    def parts(self, draws: Tensor) -> tuple[Tensor, ...]:
        """Return the draws of both scenes, the other digit and the start."""
        scene = POSE + PATCHES * 5
        own, other, number, moves = draws.split([scene, scene, 1, 10], dim=1)
        return own, other, number.squeeze(1), moves

    def corners(self, draws: Tensor) -> tuple[Tensor, Tensor]:
        """Return the corners of a card, ``(B, 4, 2)``: at first, and true."""
        own, _, _, moves = self.parts(draws)
        true = self.places(own[:, :POSE])
        moves = to_normal(moves).unflatten(1, (5, 2))
        moved = CORNER * moves[:, :4] + TOGETHER * moves[:, 4:]
        return true + moved * (self.canvas / 2), true

    def places(self, draws: Tensor) -> Tensor:
        """Return the corners of cards in their frames, ``(B, 4, 2)``."""
        scale = to_range(draws[:, 0], 0.6, 0.85)
        angle = to_range(draws[:, 1], -pi / 9, pi / 9)
        side = DIGIT_SIDE * scale + 2 * MARGIN
        side = side * (angle.cos() + angle.sin().abs())
        room = (self.canvas - side).clamp(min=0) / 2
        shift = to_range(draws[:, 2:], -0.7, 0.7) * room[:, None]
        return placed_corners(scale, angle, shift, self.canvas)

    def card(self, indices: Tensor, corners: Tensor) -> tuple[Tensor, Tensor]:
        """Return cards on the canvas and their coverage from 0 to 1."""
        digits = self.images[indices].unsqueeze(1)
        white = torch.ones_like(digits, dtype=torch.float32)
        cards = PAPER + digits * (1 - PAPER / 255)
        grid = projective_grid(self.reading(corners), (self.canvas,) * 2)
        return sample(torch.cat([cards, white], dim=1), grid).split(1, dim=1)

    def background(
        self, draws: Tensor, indices: Tensor, corners: Tensor
    ) -> Tensor:
        """Return empty frames in clutter, ``(B, 1, canvas, canvas)``."""
        scene = torch.zeros(len(indices), 1, self.canvas, self.canvas)
        add_clutter(scene, self.images, indices, draws[:, POSE:], PATCH_SIDE)
        grid = projective_grid(self.reading(corners), (self.canvas,) * 2)
        # how far outside the card, in pixels: a frame is a square around it
        side = (corners[:, 1] - corners[:, 0]).norm(dim=1).float()
        outside = grid.abs().amax(-1) - 1  # (B, H, W)
        outside = (outside * side.view(-1, 1, 1) / 2).unsqueeze(1)
        frame = (outside - 0.5).clamp(0, 1) * (MARGIN - outside).clamp(0, 1)
        beyond = (outside - MARGIN + 1).clamp(0, 1)
        return scene * beyond + LINE * frame

    def reading(self, corners: Tensor) -> Tensor:
        """Return the homographies that read a card, ``(B, 3, 3)``.

        Args:
            corners: Where its own are to be, ``(B, 4, 2)``, in pixels.
        """
        output = to_normalised(corners, (self.canvas, self.canvas))
        return homography_from_corners(
            output, frame_perimeter(1, output)
        ).float()

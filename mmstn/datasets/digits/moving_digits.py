"""Digits that move, to be followed."""

from functools import partial

import torch
from torch import Tensor

from mmstn.checks import check_count
from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.draws import to_int, to_range
from mmstn.datasets.digits.mnist import DIGIT_SIDE, load_mnist
from mmstn.datasets.digits.paste import add_clutter, paste
from mmstn.registry import DATASETS

MOST = 3  # digits
PATCHES, PATCH_SIDE = 6, 6
FASTEST = 4.0  # pixels a frame, along each axis
APART = 4.0  # pixels, at most, where two digits meet


@DATASETS.register_module()
class MovingDigits(DigitDataset):
    """One to three digits of MNIST that move, bounce and cross in clutter.

    A sample is ``(1, T, H, W)``, uint8. A digit moves in a straight line, by
    up to 4 pixels a frame along each axis, and bounces off the borders. The
    first is the one to follow, and the second crosses its way in the middle
    third of the frames. The clutter stands still: 6 patches of 6x6
    pixels, cut from other digits. All is added, clipped at white. Digits and
    patches stand at whole pixels.

    Source: ours, after the moving digits of Srivastava et al. 2015.

    A sample has ``gt_boxes (3, T, 4)``: left, top, right and bottom of each
    digit's frame of 28x28 pixels, outer edges, the digit to follow first. Of
    digits that are not there they are NaN. The label is that of the first.

    Args:
        data_root: Folder of MNIST's four idx files, gzipped or not.
        num_frames: The length ``T`` of a sequence, at least two.
        canvas: Side of the frames in pixels.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch missing files into ``data_root``.
        **kwargs: Of ``DigitDataset``, such as ``seed`` and ``pipeline``.
    """

    # how many, the others, where they start and go, where two meet, clutter
    num_draws = 1 + (MOST - 1) + MOST * 4 + 3 + PATCHES * 5

    def __init__(
        self,
        data_root: str,
        num_frames: int = 20,
        canvas: int = 64,
        split: str = 'train',
        download: bool = True,
        **kwargs,
    ):
        check_count('MovingDigits', 'num_frames', num_frames)
        if num_frames < 2:
            raise ValueError(
                'MovingDigits: num_frames must be at least 2, one to start '
                f'from and one to follow into, but got {num_frames}'
            )
        load = partial(load_mnist, data_root, split, download)
        super().__init__(load, split, canvas, data_root=data_root, **kwargs)
        self.num_frames = num_frames

    def render(self, indices: Tensor, draws: Tensor) -> Tensor:
        batch, frames = len(indices), self.num_frames
        shown, corner = self.ways(draws)
        digits = self.images[self.cast(indices, draws)]  # (B, 3, 28, 28)
        digits = digits.float() * shown[..., None, None]
        still = torch.zeros(batch, 1, self.canvas, self.canvas)
        clutter = draws[:, -PATCHES * 5 :]
        add_clutter(still, self.images, indices, clutter, PATCH_SIDE)
        images = still.repeat(1, frames, 1, 1)  # (B, T, canvas, canvas)
        paste(
            images.flatten(0, 1),
            digits.repeat_interleave(frames, dim=0),
            corner.transpose(1, 2).flatten(0, 1),
        )
        return images.clamp_(0, 255).to(torch.uint8).unsqueeze(1)

    def targets(self, indices: Tensor, draws: Tensor) -> dict[str, Tensor]:
        shown, corner = self.ways(draws)
        low = corner.float() - 0.5  # (B, 3, T, 2), of pixel centres at 0
        boxes = torch.cat([low, low + DIGIT_SIDE], dim=3)
        boxes[~shown] = torch.nan
        return super().targets(indices, draws) | dict(gt_boxes=boxes)

    def cast(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Return which digits move, ``(B, 3)``; some are not shown."""
        others = to_int(draws[:, 1:MOST], len(self.images))
        return torch.cat([indices.unsqueeze(1), others], dim=1)

    def ways(self, draws: Tensor) -> tuple[Tensor, Tensor]:
        """Return which digits are shown, ``(B, 3)``, and their ways.

        The ways are the upper left pixels, ``(B, 3, T, 2)``.
        """
        count = 1 + to_int(draws[:, :1], MOST)
        shown = torch.arange(MOST) < count
        corner = positions(
            draws[:, MOST:][:, : MOST * 4 + 3],
            self.num_frames,
            self.canvas - DIGIT_SIDE,
        )
        return shown, corner.round().long()


def positions(draws: Tensor, num_frames: int, room: int) -> Tensor:
    """Return where digits are in each frame, ``(B, 3, T, 2)``, in pixels.

    Args:
        draws: ``(B, 15)``: start and speed of each digit, ``x, y`` each; when
            the second meets the first, and how far from it, ``x, y``.
        num_frames: The length ``T``.
        room: How far a digit can move along each axis.
    """
    start, speed = draws[:, :-3].unflatten(1, (MOST, 2, 2)).unbind(2)
    start = start * room
    speed = to_range(speed, -FASTEST, FASTEST)
    time = torch.arange(num_frames).to(draws)
    meeting = to_range(draws[:, -3:-2], num_frames / 3, num_frames * 2 / 3)
    first = bounce(start[:, 0] + speed[:, 0] * meeting, room)  # (B, 2)
    there = first + to_range(draws[:, -2:], -APART, APART)
    start[:, 1] = there - speed[:, 1] * meeting
    way = start.unsqueeze(2) + speed.unsqueeze(2) * time[:, None]
    return bounce(way, room)


def bounce(way: Tensor, room: int) -> Tensor:
    """Return straight ways folded into ``[0, room]``."""
    if not room:
        return torch.zeros_like(way)
    return room - (way.remainder(2 * room) - room).abs()

"""Three digits in a row, to be read one after the other."""

from functools import partial

import torch
from torch import Tensor

from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.draws import to_int
from mmstn.datasets.digits.mnist import DIGIT_SIDE, load_mnist
from mmstn.datasets.digits.paste import add_clutter, paste
from mmstn.registry import DATASETS

DIGITS = 3
STEEPEST = 14  # pixels, from a digit to the next
PATCHES, PATCH_SIDE = 8, 9


@DATASETS.register_module()
class DigitSequences(DigitDataset):
    """Three digits of MNIST side by side on a slope, in clutter.

    Source: Sonderby et al. 2015, and their code: on 100x100 pixels the row
    starts anywhere; each digit stands from 14 pixels higher to 13 lower than
    the one before, as far as it stays on the canvas; 8 patches of 9x9 pixels,
    cut from other digits, are added, clipped at white. The label is ``(3,)``.
    Theirs are drawn once, ours afresh in each epoch, in which every digit
    comes once as the first of a row.

    Args:
        data_root: Folder of MNIST's four idx files, gzipped or not.
        canvas: Side of the samples in pixels, at least the 84 of a row.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch missing files into ``data_root``.
        **kwargs: Of ``DigitDataset``, such as ``seed`` and ``pipeline``.
    """

    num_draws = DIGITS - 1 + 2 + DIGITS - 1 + PATCHES * 5

    def __init__(
        self,
        data_root: str,
        canvas: int = 100,
        split: str = 'train',
        download: bool = True,
        **kwargs,
    ):
        if type(canvas) is int and canvas < DIGITS * DIGIT_SIDE:
            raise ValueError(
                f'DigitSequences: {DIGITS} digits of {DIGIT_SIDE} pixels do '
                f'not fit side by side on a canvas of {canvas}; set canvas to '
                f'{DIGITS * DIGIT_SIDE} or more'
            )
        load = partial(load_mnist, data_root, split, download)
        super().__init__(load, split, canvas, data_root=data_root, **kwargs)

    def render(self, indices: Tensor, draws: Tensor) -> Tensor:
        _, places, clutter = draws.split([2, 4, PATCHES * 5], dim=1)
        row = self.row(indices, draws)  # (B, 3)
        images = torch.zeros(len(row), 1, self.canvas, self.canvas)
        corner = row_corners(places, self.canvas)
        paste(images.squeeze(1), self.images[row], corner)
        add_clutter(images, self.images, indices, clutter, PATCH_SIDE)
        return images.clamp_(0, 255).to(torch.uint8)

    def targets(self, indices: Tensor, draws: Tensor) -> dict[str, Tensor]:
        return dict(gt_label=self.labels[self.row(indices, draws)])

    def row(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Return which digits stand side by side, ``(B, 3)``."""
        others = to_int(draws[:, : DIGITS - 1], len(self.images))
        return torch.cat([indices.unsqueeze(1), others], dim=1)


def row_corners(draws: Tensor, canvas: int) -> Tensor:
    """Return the upper left pixel ``(x, y)`` of each digit, ``(B, 3, 2)``.

    Args:
        draws: ``(B, 4)``: where the row starts, ``x, y``, and two slopes.
        canvas: Side of the canvas in pixels.
    """
    start = to_int(draws[:, :1], canvas - DIGITS * DIGIT_SIDE + 1)
    lowest = canvas - DIGIT_SIDE
    heights = [to_int(draws[:, 1], lowest + 1)]
    for slope in (to_int(draws[:, 2:], 2 * STEEPEST) - STEEPEST).unbind(1):
        heights.append((heights[-1] + slope).clamp(0, lowest))
    across = start + torch.arange(DIGITS) * DIGIT_SIDE
    return torch.stack([across, torch.stack(heights, dim=1)], dim=2)

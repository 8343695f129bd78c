"""Digits of one class, placed at random, to be found without labels."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from mmstn.checks import check_count, check_whole_number
from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.draws import to_int
from mmstn.datasets.digits.mnist import DIGIT_SIDE, load_mnist
from mmstn.datasets.digits.paste import add_clutter, paste
from mmstn.registry import DATASETS

PATCH_SIDE = 6


@DATASETS.register_module()
class PlacedDigits(DigitDataset):
    """A few digits of one class of MNIST, each anywhere on a black canvas.

    A sample is ``(1, canvas, canvas)``, uint8. The clutter is patches of 6x6
    pixels, cut from other digits of the split, of any class. All is added,
    clipped at white. Digits and patches stand at whole pixels.

    Source: Jaderberg et al. 2015, appendix A.2.

    A sample has ``gt_box (4,)``: left, top, right and bottom of the digit's
    frame of 28x28 pixels, outer edges. Models do not see it, metrics do.

    Args:
        data_root: Folder of MNIST's four idx files, gzipped or not.
        digit: The class, from 0 to 9.
        num_digits: How many digits of it, chosen by the ``seed``.
        num_patches: Of clutter, from 0; the paper has 16.
        canvas: Side of the samples in pixels.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch missing files into ``data_root``.
        **kwargs: Of ``DigitDataset``, such as ``seed`` and ``pipeline``.

    Raises:
        ValueError: If there is no such class, or it has fewer digits.
    """

    def __init__(
        self,
        data_root: str,
        digit: int,
        num_digits: int = 100,
        num_patches: int = 0,
        canvas: int = 84,
        split: str = 'test',
        download: bool = True,
        **kwargs,
    ):
        if type(digit) is not int or not 0 <= digit <= 9:
            raise ValueError(
                'PlacedDigits: digit must be a class from 0 to 9, but got '
                f'{digit!r}'
            )
        check_count('PlacedDigits', 'num_digits', num_digits)
        check_whole_number('PlacedDigits', 'num_patches', num_patches)
        self.digit = digit
        self.num_digits = num_digits
        self.num_draws = 2 + num_patches * 5  # the place, each patch
        load = partial(load_mnist, data_root, split, download)
        super().__init__(load, split, canvas, data_root=data_root, **kwargs)

    def load_data_list(self) -> Sequence[int]:
        super().load_data_list()
        own = np.flatnonzero(self.labels.numpy() == self.digit)
        if len(own) < self.num_digits:
            raise ValueError(
                f'PlacedDigits: num_digits={self.num_digits}, but the '
                f'{self.split} split has {len(own)} of digit {self.digit}'
            )
        generator = np.random.default_rng((self.seed, self.digit))
        return sorted(generator.permutation(own)[: self.num_digits].tolist())

    def render(self, indices: Tensor, draws: Tensor) -> Tensor:
        canvas = torch.zeros(len(indices), 1, self.canvas, self.canvas)
        digits = self.images[indices].unsqueeze(1)  # (B, 1, 28, 28)
        paste(canvas.squeeze(1), digits, self.corner(draws).unsqueeze(1))
        add_clutter(canvas, self.images, indices, draws[:, 2:], PATCH_SIDE)
        return canvas.clamp_(0, 255).to(torch.uint8)

    def targets(self, indices: Tensor, draws: Tensor) -> dict[str, Tensor]:
        low = self.corner(draws).float() - 0.5  # of pixel centres at 0
        box = torch.cat([low, low + DIGIT_SIDE], dim=1)
        return super().targets(indices, draws) | dict(gt_box=box)

    def corner(self, draws: Tensor) -> Tensor:
        """Return the upper left pixel of each digit, ``(B, 2)``, x and y."""
        return to_int(draws[:, :2], self.canvas - DIGIT_SIDE + 1)

    def extra_repr(self) -> list[str]:
        line = f'Digit: \t{self.digit}, {self.num_digits} of them'
        return [line, *super().extra_repr()]

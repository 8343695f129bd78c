"""Single digits, distorted as in the paper."""

from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor

from mmstn.checks import check_count
from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.distortion import (
    DISTORTIONS,
    distort,
    placed_corners,
)
from mmstn.datasets.digits.fold import fold_positions
from mmstn.datasets.digits.mnist import load_mnist
from mmstn.datasets.digits.sklearn_digits import load_sklearn_digits
from mmstn.registry import DATASETS


class DistortedDigits(DigitDataset):
    """Distorted digits of any source.

    Where a distortion places the digit and does no more (R, RTS, TC, shifts
    and None), a sample has ``gt_corners``, the corners of the digit's frame:
    ``(4, 2)`` in pixels, clockwise from the digit's upper left one.

    Args:
        load_digits: See ``DigitDataset``.
        split: ``'train'`` or ``'test'``.
        distortion: ``'R'``, ``'RTS'``, ``'P'``, ``'E'``, ``'TC'``,
            ``'shifts'``, ``'corners'``, ``'projective'`` or ``'time'``: see
            :mod:`mmstn.datasets.digits.distortion`. None leaves the digits as
            they are.
        canvas: Side of the samples in pixels; by default that of the
            distortion: 28 for R, shifts, corners, time and None, 60 for TC, 64
            for projective, 42 for the others.
        num_digits: Digits taken from the split, as many of each class: see
            :func:`~mmstn.datasets.digits.fold.fold_positions`. By default
            all of them.
        fold: Which of the folds of ``num_digits``, from 0.
        **kwargs: Of ``DigitDataset``, such as ``seed`` and ``pipeline``.
    """

    def __init__(
        self,
        load_digits: Callable,
        split: str,
        distortion: str | None,
        canvas: int | None = None,
        num_digits: int | None = None,
        fold: int = 0,
        **kwargs,
    ):
        if distortion not in DISTORTIONS:
            raise ValueError(
                f'{type(self).__name__}: distortion must be one of '
                f'{", ".join(map(str, DISTORTIONS))}, but got {distortion!r}'
            )
        if num_digits is not None:
            check_count(type(self).__name__, 'num_digits', num_digits)
        elif fold != 0:
            raise ValueError(
                f'{type(self).__name__}: fold={fold!r} of what? Folds are of '
                'num_digits, which is not given, so all digits are shown; '
                'give both, or neither'
            )
        self.num_digits = num_digits
        self.fold = fold
        if canvas is None:
            canvas = DISTORTIONS[distortion].canvas
        self.distortion = distortion
        self.num_draws = DISTORTIONS[distortion].num_draws
        super().__init__(load_digits, split, canvas, **kwargs)

    def load_data_list(self) -> Sequence[int]:
        positions = super().load_data_list()
        if self.num_digits is None:
            return positions
        labels = self.labels.numpy()
        return fold_positions(labels, self.num_digits, self.fold).tolist()

    def render(self, indices: Tensor, draws: Tensor) -> Tensor:
        return distort(
            self.distortion, self.images, indices, draws, self.canvas
        )

    def targets(self, indices: Tensor, draws: Tensor) -> dict[str, Tensor]:
        targets = super().targets(indices, draws)
        placement = DISTORTIONS[self.distortion].placement
        if placement is not None:
            targets['gt_corners'] = placed_corners(
                *placement(draws, self.canvas), self.canvas
            ).float()
        return targets

    def extra_repr(self) -> list[str]:
        size = f'{self.canvas}x{self.canvas}'
        lines = [f'Distortion: \t{self.distortion}, {size}']
        if self.num_digits is not None:
            lines += [f'Fold: \t{self.fold} of {self.num_digits} digits']
        return lines + super().extra_repr()


@DATASETS.register_module()
class DistortedMNIST(DistortedDigits):
    """MNIST, distorted afresh in each epoch; the 10,000 test digits once.

    Source: Jaderberg et al. 2015, section 4.1. The paper does not say whether
    its training set was distorted once or afresh.

    Args:
        data_root: Folder of the four idx files, gzipped or not.
        distortion: See :class:`DistortedDigits`.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch missing files into ``data_root``.
        **kwargs: Of :class:`DistortedDigits`.
    """

    def __init__(
        self,
        data_root: str,
        distortion: str | None,
        split: str = 'train',
        download: bool = True,
        **kwargs,
    ):
        load = partial(load_mnist, data_root, split, download)
        super().__init__(
            load, split, distortion, data_root=data_root, **kwargs
        )


@DATASETS.register_module()
class BundledDigits(DistortedDigits):
    """Scikit-learn's 1,797 digits, enlarged and distorted: nothing to fetch.

    See :func:`~mmstn.datasets.digits.sklearn_digits.load_sklearn_digits`.

    Args:
        split: ``'train'`` or ``'test'``.
        distortion: See :class:`DistortedDigits`.
        **kwargs: Of :class:`DistortedDigits`.
    """

    def __init__(
        self, split: str = 'train', distortion: str = 'RTS', **kwargs
    ):
        load = partial(load_sklearn_digits, split)
        super().__init__(load, split, distortion, **kwargs)

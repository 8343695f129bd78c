"""Single digits, distorted as in the paper."""

import numpy as np
from torch import Tensor

from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.distortion import DISTORTIONS, distort
from mmstn.datasets.digits.mnist import FromMNIST
from mmstn.datasets.digits.sklearn_digits import load_bundled
from mmstn.registry import DATASETS


class DistortedDigits(DigitDataset):
    """Distorted digits of any source; a subclass defines ``digits``.

    Args:
        distortion: ``'R'``, ``'RTS'``, ``'P'``, ``'E'`` or ``'TC'``: see
            :mod:`mmstn.datasets.digits.distortion`.
        split: ``'train'`` or ``'test'``.
        canvas: Side of the samples in pixels; by default that of the
            distortion: 28 for R, 60 for TC, 42 for the others.
        **kwargs: Of ``DigitDataset``, such as ``pipeline``.
    """

    def __init__(
        self,
        distortion: str,
        split: str = 'train',
        canvas: int | None = None,
        **kwargs,
    ):
        if distortion not in DISTORTIONS:
            raise ValueError(
                f'{type(self).__name__}: distortion must be one of '
                f'{", ".join(DISTORTIONS)}, but got {distortion!r}'
            )
        if canvas is None:
            canvas = DISTORTIONS[distortion].canvas
        self.distortion = distortion
        self.columns = DISTORTIONS[distortion].draws
        super().__init__(split, canvas, **kwargs)

    def compose(self, numbers: Tensor, draws: Tensor) -> Tensor:
        return distort(
            self.distortion, self.images, numbers, draws, self.canvas
        )

    def extra_repr(self) -> list[str]:
        size = f'{self.canvas}x{self.canvas}'
        return [f'Distortion: \t{self.distortion}, {size}'] + (
            super().extra_repr()
        )


@DATASETS.register_module()
class DistortedMNIST(FromMNIST, DistortedDigits):
    """MNIST, distorted afresh in each epoch; the 10,000 test digits once.

    Source: Jaderberg et al. 2015, section 4.1. Whether the paper's training
    set was distorted once or afresh it does not say.

    Args:
        data_root: See :class:`~mmstn.datasets.digits.mnist.FromMNIST`.
        distortion: See :class:`DistortedDigits`.
        **kwargs: Of both.
    """


@DATASETS.register_module()
class BundledDigits(DistortedDigits):
    """Scikit-learn's 1,797 digits, enlarged and distorted: nothing to fetch.

    See :func:`~mmstn.datasets.digits.sklearn_digits.load_bundled` and
    :class:`DistortedDigits`.
    """

    def __init__(
        self, split: str = 'train', distortion: str = 'RTS', **kwargs
    ):
        super().__init__(distortion, split, **kwargs)

    def digits(self) -> tuple[np.ndarray, np.ndarray]:
        return load_bundled(self.split)

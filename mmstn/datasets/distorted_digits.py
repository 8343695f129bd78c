"""Single digits, distorted as in the paper."""

import numpy as np
import torch
from torch import Tensor

from mmstn.datasets.bundled import load_bundled
from mmstn.datasets.digits import DigitDataset
from mmstn.datasets.distortion import DISTORTIONS, FRAME, distort
from mmstn.datasets.mnist import load_mnist
from mmstn.registry import DATASETS


class DistortedDigits(DigitDataset):
    """Distorted digits of any source; a subclass defines :meth:`digits`.

    Args:
        distortion: ``'R'``, ``'RTS'``, ``'P'``, ``'E'`` or ``'TC'``: see
            :mod:`mmstn.datasets.distortion`.
        split: ``'train'`` or ``'test'``.
        canvas: Side of the samples in pixels; by default that of the
            distortion: 28 for R, 60 for TC, 42 for the others.
        **kwargs: See :class:`~mmstn.datasets.digits.DigitDataset`.
    """

    def __init__(
        self,
        distortion: str,
        split: str = 'train',
        canvas: int | None = None,
        **kwargs,
    ):
        name = type(self).__name__
        if distortion not in DISTORTIONS:
            raise ValueError(
                f'{name}: distortion must be one of '
                f'{", ".join(DISTORTIONS)}, but got {distortion!r}'
            )
        if canvas is None:
            canvas = DISTORTIONS[distortion].canvas
        if not isinstance(canvas, int) or canvas < FRAME:
            raise ValueError(
                f'{name}: canvas must be a whole number of pixels, at least '
                f'the {FRAME} of a digit, but got {canvas!r}'
            )
        self.distortion = distortion
        self.columns = DISTORTIONS[distortion].draws
        super().__init__(split, canvas, **kwargs)

    def digits(self) -> tuple[np.ndarray, np.ndarray]:
        """Return images, uint8 ``(N, 28, 28)``, and labels, int64 ``(N,)``."""
        raise NotImplementedError

    def load(self) -> int:
        images, labels = self.digits()
        self.images = torch.tensor(images)  # (N, 28, 28)
        self.labels = torch.tensor(labels)  # (N,)
        return len(images)

    def compose(self, numbers: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        inputs = distort(
            self.distortion, self.images, numbers, draws, self.canvas
        )
        return inputs, self.labels[numbers].unsqueeze(1)

    def get_gt_labels(self) -> np.ndarray:
        self.full_init()
        return self.labels.numpy()[np.asarray(self.data_list)]

    def get_cat_ids(self, idx: int) -> list[int]:
        self.full_init()
        return [int(self.labels[self.data_list[idx]])]

    def extra_repr(self) -> list[str]:
        size = f'{self.canvas}x{self.canvas}'
        return [f'Distortion: \t{self.distortion}, {size}'] + (
            super().extra_repr()
        )


@DATASETS.register_module()
class DistortedMNIST(DistortedDigits):
    """MNIST, distorted afresh in each epoch; the 10,000 test digits once.

    Source: Jaderberg et al. 2015, section 4.1. Whether the paper's training
    set was distorted once or afresh it does not say.

    Args:
        data_root: Folder of the four idx files, gzipped or not.
        distortion: See :class:`DistortedDigits`.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch missing files into ``data_root``.
        **kwargs: ``canvas``, ``seed``, ``pipeline``, ...: see
            :class:`DistortedDigits`.
    """

    def __init__(
        self,
        data_root: str,
        distortion: str,
        split: str = 'train',
        download: bool = True,
        **kwargs,
    ):
        self.download = download
        super().__init__(distortion, split, data_root=data_root, **kwargs)

    def digits(self) -> tuple[np.ndarray, np.ndarray]:
        return load_mnist(self.data_root, self.split, self.download)


@DATASETS.register_module()
class BundledDigits(DistortedDigits):
    """Scikit-learn's 1,797 digits, enlarged and distorted: nothing to fetch.

    See :func:`~mmstn.datasets.bundled.load_bundled` and
    :class:`DistortedDigits`.
    """

    def __init__(
        self, split: str = 'train', distortion: str = 'RTS', **kwargs
    ):
        super().__init__(distortion, split, **kwargs)

    def digits(self) -> tuple[np.ndarray, np.ndarray]:
        return load_bundled(self.split)

"""Pairs of digits, to be added up."""

from functools import partial

import torch
from torch import Tensor

from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.distortion import DISTORTIONS, distort
from mmstn.datasets.digits.draws import to_int
from mmstn.datasets.digits.mnist import load_mnist
from mmstn.registry import DATASETS

RTS = DISTORTIONS['RTS']


@DATASETS.register_module()
class DigitPairs(DigitDataset):
    """Two digits of MNIST, a channel each; the label is their sum.

    Source: Jaderberg et al. 2015, appendix A.1. Each digit is turned, scaled
    and placed on its own, as in RTS. Every digit comes once as the first of a
    pair; the second is drawn from all. The paper does not say how it pairs
    them.

    Args:
        data_root: Folder of MNIST's four idx files, gzipped or not.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch missing files into ``data_root``.
        **kwargs: Of ``DigitDataset``, such as ``seed`` and ``pipeline``.
    """

    METAINFO = {'classes': [str(total) for total in range(19)]}
    num_draws = 1 + 2 * RTS.num_draws  # the second digit, each digit's pose

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        download: bool = True,
        **kwargs,
    ):
        load = partial(load_mnist, data_root, split, download)
        super().__init__(
            load, split, RTS.canvas, data_root=data_root, **kwargs
        )

    def render(self, indices: Tensor, draws: Tensor) -> Tensor:
        pair = self.pair(indices, draws)
        poses = draws[:, 1:].chunk(2, dim=1)
        channels = [
            distort('RTS', self.images, digits, pose, self.canvas)
            for digits, pose in zip(pair, poses, strict=True)
        ]
        return torch.cat(channels, dim=1)  # (B, 2, canvas, canvas)

    def targets(self, indices: Tensor, draws: Tensor) -> dict[str, Tensor]:
        pair = self.pair(indices, draws)
        return dict(gt_label=self.labels[pair].sum(0).unsqueeze(1))

    def pair(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Return which digits the two channels show, ``(2, B)``."""
        return torch.stack([indices, to_int(draws[:, 0], len(self.images))])

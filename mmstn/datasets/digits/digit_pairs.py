"""Pairs of digits, to be added up."""

import torch
from torch import Tensor

from mmstn.datasets.digits.digit_dataset import DigitDataset
from mmstn.datasets.digits.distortion import DISTORTIONS, distort, whole
from mmstn.datasets.digits.mnist import FromMNIST
from mmstn.registry import DATASETS

RTS = DISTORTIONS['RTS']


@DATASETS.register_module()
class DigitPairs(FromMNIST, DigitDataset):
    """Two digits of MNIST, a channel each; the label is their sum.

    Source: Jaderberg et al. 2015, appendix A.1. Each digit is turned, scaled
    and placed on its own, as in RTS. Every digit comes once as the first of a
    pair; the second is any. How the paper pairs them it does not say.

    Args:
        data_root: See :class:`~mmstn.datasets.digits.mnist.FromMNIST`.
        **kwargs: ``split`` and ``download`` of that, and those of
            :class:`~mmstn.datasets.digits.digit_dataset.DigitDataset`.
    """

    METAINFO = {'classes': [str(total) for total in range(19)]}
    columns = 1 + 2 * RTS.draws  # the second digit, then where each stands

    def __init__(self, data_root: str, **kwargs):
        super().__init__(data_root, canvas=RTS.canvas, **kwargs)

    def compose(self, numbers: Tensor, draws: Tensor) -> Tensor:
        pair = self.pair(numbers, draws)
        places = draws[:, 1:].chunk(2, dim=1)
        channels = [
            distort('RTS', self.images, digits, place, self.canvas)
            for digits, place in zip(pair, places, strict=True)
        ]
        return torch.cat(channels, dim=1)  # (B, 2, canvas, canvas)

    def answer(self, numbers: Tensor, draws: Tensor) -> Tensor:
        pair = self.pair(numbers, draws)
        return self.labels[pair].sum(0).unsqueeze(1)

    def pair(self, numbers: Tensor, draws: Tensor) -> Tensor:
        """Return which digits stand in the two channels, ``(2, B)``."""
        return torch.stack([numbers, whole(draws[:, 0], len(self.images))])

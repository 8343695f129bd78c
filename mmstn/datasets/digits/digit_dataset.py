"""What the data sets of digits share: draws, epochs, batches."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from mmpretrain.datasets import BaseDataset
from mmpretrain.datasets.categories import MNIST_CATEGORITES
from torch import Tensor

from mmstn.datasets.digits.distortion import FRAME
from mmstn.datasets.prebuilt_batch import ReadyBatch
from mmstn.datasets.transforms import PackDigits

SPLITS = ('train', 'test')


def uniform_draws(key: Sequence[int], rows: int, columns: int) -> Tensor:
    """Return uniform numbers of [0, 1), float64 ``(rows, columns)``.

    A row depends on the key and its own number, not on how many there are.

    Args:
        key: Whole numbers from 0.
    """
    bits = np.random.Philox(np.random.SeedSequence(key))
    draws = np.random.Generator(bits).random((rows, columns))
    return torch.from_numpy(draws)


class DigitDataset(BaseDataset):
    """Samples made from digits and random draws, many at a time.

    A training sample depends on the seed, the epoch and its number, a test
    sample on the seed and its number; nothing on workers, processes or the
    global generators. The epoch comes from ``mmstn.EpochSampler``. A subset
    (``indices``) shows the samples that the whole shows.

    A subclass has ``columns``, the draws of one sample, and defines
    :meth:`digits` and :meth:`compose`; and :meth:`answer`, if the label of a
    sample is not that of its digit.

    Args:
        split: ``'train'`` or ``'test'``. A training split in ``test_mode``
            stays that of epoch 0.
        canvas: Side of the samples in pixels, of volumes in voxels.
        seed: A whole number from 0, where the draws start.
        **kwargs: Of MMPretrain's ``BaseDataset``, such as ``pipeline``,
            ``indices``, ``test_mode`` and ``lazy_init``. Whole batches are
            made at once if the pipeline is one ``mmstn.PackDigits``.
    """

    METAINFO = {'classes': MNIST_CATEGORITES}
    columns: int

    def __init__(self, split: str, canvas: int, seed: int = 0, **kwargs):
        name = type(self).__name__
        if split not in SPLITS:
            raise ValueError(
                f"{name}: split must be 'train' or 'test', but got {split!r}"
            )
        if not isinstance(seed, int) or seed < 0:
            raise ValueError(
                f'{name}: seed must be a whole number from 0, but got {seed!r}'
            )
        if not isinstance(canvas, int) or canvas < FRAME:
            raise ValueError(
                f'{name}: canvas must be a whole number of pixels, at least '
                f'the {FRAME} of a digit, but got {canvas!r}'
            )
        self.split = split
        self.canvas = canvas
        self.seed = seed
        # shared with workers, which may outlive the epoch they started in
        self.shared_epoch = torch.zeros((), dtype=torch.int64).share_memory_()
        self.table = (None, None)  # the epoch, and its draws
        kwargs.setdefault('test_mode', split == 'test')
        super().__init__(ann_file='', serialize_data=False, **kwargs)
        for step in self.pipeline.transforms:
            if isinstance(step, PackDigits) and step.canvas != canvas:
                raise ValueError(
                    f'{name}: canvas is {canvas}, but the PackDigits of the '
                    f'pipeline has {step.canvas}; give both the same'
                )

    def digits(self) -> tuple[np.ndarray, np.ndarray]:
        """Return images, uint8 ``(N, 28, 28)``, and labels, int64 ``(N,)``."""
        raise NotImplementedError

    def compose(self, numbers: Tensor, draws: Tensor) -> Tensor:
        """Return samples, uint8 ``(B, C, *size)``.

        Args:
            numbers: ``(B,)``, which samples.
            draws: float64 ``(B, columns)``.
        """
        raise NotImplementedError

    def answer(self, numbers: Tensor, draws: Tensor) -> Tensor:
        """Return the labels of samples, int64 ``(B, L)``."""
        return self.labels[numbers].unsqueeze(1)

    def load_data_list(self) -> Sequence[int]:
        images, labels = self.digits()
        self.images = torch.tensor(images)  # (N, 28, 28)
        self.labels = torch.tensor(labels)  # (N,)
        return range(len(images))  # so far, the number of each sample

    @property
    def epoch(self) -> int:
        """The epoch whose samples are shown; always 0 in ``test_mode``."""
        return int(self.shared_epoch)

    def set_epoch(self, epoch: int) -> None:
        """Show the samples of an epoch, here and in workers."""
        if not self.test_mode:
            self.shared_epoch.fill_(epoch)

    def make(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return the samples at ``indices`` and their labels."""
        drawn = self.draw(indices)
        return self.compose(*drawn), self.answer(*drawn)

    def draw(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return what the samples at ``indices`` are made from.

        Their numbers, ``(B,)``, and draws, float64 ``(B, columns)``.
        """
        epoch = self.epoch
        if self.table[0] != epoch:
            key = (self.seed, SPLITS.index(self.split), epoch)
            draws = uniform_draws(key, len(self.images), self.columns)
            self.table = (epoch, draws)
        numbers = torch.tensor([self.data_list[index] for index in indices])
        return numbers, self.table[1][numbers]

    def get_gt_labels(self) -> np.ndarray:
        """Return the labels of all samples, int64 ``(N,)`` or ``(N, L)``."""
        self.full_init()
        return self.answer(*self.draw(range(len(self)))).squeeze(1).numpy()

    def get_cat_ids(self, idx: int) -> list[int]:
        self.full_init()
        return self.answer(*self.draw([idx]))[0].tolist()

    def get_data_info(self, idx: int) -> dict:
        """Return one sample.

        ``img`` is ``(H, W)``, with channels ``(H, W, C)``, or a volume
        ``(D, H, W, C)``.
        """
        self.full_init()
        inputs, labels = self.make([idx])
        image = inputs[0].movedim(0, -1).numpy()
        if image.ndim == 3 and image.shape[-1] == 1:
            image = image[..., 0]
        label = labels[0].tolist()
        return dict(
            img=image,
            gt_label=label[0] if len(label) == 1 else label,
            sample_idx=idx % len(self),
        )

    def __getitems__(self, indices: Sequence[int]) -> Sequence[dict]:
        """Return the samples at ``indices``, as torch's loader asks for."""
        if not self.packs_only():
            return [self[index] for index in indices]
        self.full_init()
        inputs, labels = self.make(indices)
        return ReadyBatch(inputs, labels, torch.tensor(indices) % len(self))

    def packs_only(self) -> bool:
        """Whether the pipeline leaves the samples as they are made."""
        steps = self.pipeline.transforms
        return len(steps) == 1 and type(steps[0]) is PackDigits

    def get_subset(self, indices: int | Sequence[int]) -> 'DigitDataset':
        """Return a subset, which follows the epochs of the whole."""
        self.full_init()
        subset = copy.copy(self)
        subset.data_list = self._get_unserialized_subset(indices)
        return subset

    def __getstate__(self) -> dict:
        return {**self.__dict__, 'table': (None, None)}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self.shared_epoch.share_memory_()  # a deep copy has left it

    def extra_repr(self) -> list[str]:
        return [f'Split: \t{self.split}', f'Seed: \t{self.seed}']

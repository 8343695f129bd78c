"""The base of all data sets that render samples from digits."""

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from mmpretrain.datasets import BaseDataset
from mmpretrain.datasets.categories import MNIST_CATEGORITES
from torch import Tensor

from mmstn.checks import check_count
from mmstn.datasets.digits.mnist import DIGIT_SIDE
from mmstn.datasets.prebuilt_batch import LazyDataSamples, PrebuiltBatch
from mmstn.datasets.shared_epoch import SharedEpoch
from mmstn.datasets.transforms import PackDigits

SPLITS = ('train', 'test')


def uniform_draws(key: Sequence[int], rows: int, columns: int) -> Tensor:
    """Draw uniform numbers in [0, 1), float64 ``(rows, columns)``.

    A row depends on the key and its own index, not on how many rows there
    are.

    Args:
        key: Integers from 0.
    """
    bits = np.random.Philox(np.random.SeedSequence(key))
    draws = np.random.Generator(bits).random((rows, columns))
    return torch.from_numpy(draws)


class DigitDataset(BaseDataset):
    """Samples rendered from digits and random draws, a batch at a time.

    A training sample depends on the seed, the epoch and its index, a test
    sample on the seed and its index; nothing depends on workers, processes or
    the global generators. ``mmstn.EpochSampler`` sets the epoch, and without
    one a training set gives no samples: each epoch would show the same. A
    subset (``indices``) shows the samples that the whole shows.

    A subclass sets ``num_draws``, how many numbers are drawn for a sample,
    defines :meth:`render`, and :meth:`targets` if a sample has other targets
    than the label of its digit.

    Args:
        load_digits: Returns images, uint8 ``(N, 28, 28)``, and labels, int64
            ``(N,)``.
        split: ``'train'`` or ``'test'``. A training split in ``test_mode``
            stays that of epoch 0.
        canvas: Side of the samples in pixels, of volumes in voxels.
        seed: An integer from 0, where the draws start.
        copies: The number of samples of each digit, shown in turn from epoch
            to epoch; None draws new ones in every epoch.
        pipeline: As in MMPretrain's ``BaseDataset``; by default
            ``mmstn.PackDigits`` alone, with which a whole batch is rendered
            at once. An empty one gives images as arrays.
        **kwargs: Of MMPretrain's ``BaseDataset``, such as ``indices``,
            ``test_mode`` and ``lazy_init``.
    """

    METAINFO = {'classes': MNIST_CATEGORITES}
    num_draws: int

    def __init__(
        self,
        load_digits: Callable[[], tuple[np.ndarray, np.ndarray]],
        split: str,
        canvas: int,
        seed: int = 0,
        copies: int | None = None,
        pipeline: Sequence | None = None,
        **kwargs,
    ):
        name = type(self).__name__
        if split not in SPLITS:
            raise ValueError(
                f"{name}: split must be 'train' or 'test', but got {split!r}"
            )
        if type(seed) is not int or seed < 0:
            raise ValueError(
                f'{name}: seed must be an integer from 0, but got {seed!r}'
            )
        if type(canvas) is not int or canvas < DIGIT_SIDE:
            raise ValueError(
                f'{name}: canvas must be an integer, in pixels at least the '
                f'{DIGIT_SIDE} of a digit, but got {canvas!r}'
            )
        if copies is not None:
            check_count(name, 'copies', copies)
        self.load_digits = load_digits
        self.split = split
        self.canvas = canvas
        self.seed = seed
        self.copies = copies
        self.shared_epoch = SharedEpoch()
        self._draws = (None, None)  # those of all samples in one epoch
        if pipeline is None:
            pipeline = [PackDigits()]
        kwargs.setdefault('test_mode', split == 'test')
        super().__init__(
            ann_file='', serialize_data=False, pipeline=pipeline, **kwargs
        )
        for step in self.pipeline.transforms:
            if isinstance(step, PackDigits) and step.canvas not in (
                None,
                canvas,
            ):
                raise ValueError(
                    f'{name}: canvas is {canvas}, but the PackDigits of the '
                    f'pipeline has {step.canvas}; leave it out there, or give '
                    'both the same'
                )

    def render(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Render samples, uint8 ``(B, C, *size)``.

        Args:
            indices: ``(B,)``, positions in the whole split.
            draws: float64 ``(B, num_draws)``.
        """
        raise NotImplementedError

    def targets(self, indices: Tensor, draws: Tensor) -> dict[str, Tensor]:
        """Return the targets of samples, each ``(B, ...)``.

        The keys are fields of data samples and start with ``gt_``. One is
        ``gt_label``, int64 ``(B, L)``.
        """
        return dict(gt_label=self.labels[indices].unsqueeze(1))

    def load_data_list(self) -> Sequence[int]:
        images, labels = self.load_digits()
        self.images = torch.tensor(images)  # (N, 28, 28)
        self.labels = torch.tensor(labels)  # (N,)
        return range(len(images))  # each sample's position in the split

    @property
    def epoch(self) -> int:
        """The epoch whose samples are shown; 0 until one is set."""
        return self.shared_epoch.get() or 0

    def set_epoch(self, epoch: int) -> None:
        """Show the samples of an epoch, here and in workers.

        In ``test_mode`` they stay those of epoch 0.
        """
        if not self.test_mode:
            self.shared_epoch.set(epoch)

    def sample_draws(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return the arguments of :meth:`render` for samples of this set."""
        epoch = self.epoch
        if self.copies is not None:
            epoch %= self.copies
        if self._draws[0] != epoch:
            key = (self.seed, SPLITS.index(self.split), epoch)
            draws = uniform_draws(key, len(self.images), self.num_draws)
            self._draws = (epoch, draws)
        positions = torch.tensor([self.data_list[index] for index in indices])
        return positions, self._draws[1][positions]

    def render_batch(self, indices: Sequence[int]) -> PrebuiltBatch:
        """Render the samples at ``indices`` of this set at once."""
        self.full_init()
        arguments = self.sample_draws(indices)
        data_samples = LazyDataSamples(
            self.targets(*arguments), torch.tensor(indices) % len(self)
        )
        return PrebuiltBatch(self.render(*arguments), data_samples)

    def get_gt_labels(self) -> np.ndarray:
        """Return the labels of all samples, int64 ``(N,)`` or ``(N, L)``."""
        return self.label_column(range(len(self))).squeeze(1).numpy()

    def get_cat_ids(self, idx: int) -> list[int]:
        return self.label_column([idx])[0].tolist()

    def label_column(self, indices: Sequence[int]) -> Tensor:
        """Return the labels of samples without rendering, ``(B, L)``."""
        self.full_init()
        return self.targets(*self.sample_draws(indices))['gt_label']

    def get_data_info(self, idx: int) -> dict:
        """Return one sample as the pipeline takes it.

        ``img`` is ``(H, W)``, with channels ``(H, W, C)``, or a volume
        ``(D, H, W, C)``.
        """
        batch = self.render_batch([idx])
        image = batch.inputs[0].movedim(0, -1).numpy()
        if image.ndim == 3 and image.shape[-1] == 1:
            image = image[..., 0]
        sample = batch.data_samples[0]
        targets = {name: value.numpy() for name, value in sample.items()}
        label = targets.pop('gt_label').tolist()
        return dict(
            img=image,
            gt_label=label[0] if len(label) == 1 else label,
            sample_idx=sample.sample_idx,
            **targets,
        )

    def __getitem__(self, idx: int) -> dict:
        self._check_epoch()
        return super().__getitem__(idx)

    def __getitems__(self, indices: Sequence[int]) -> Sequence[dict]:
        """Return the samples at ``indices``, as torch's loader asks for."""
        if not self._is_pack_only():
            return [self[index] for index in indices]
        self._check_epoch()
        return self.render_batch(indices)

    def _check_epoch(self) -> None:
        if self.test_mode or self.shared_epoch.get() is not None:
            return
        raise RuntimeError(
            f'{type(self).__name__}: the epoch was never set, so each epoch '
            'would show the same training samples; write '
            "sampler=dict(type='mmstn.EpochSampler', shuffle=True) in the "
            'loader, call set_epoch(epoch) before each epoch of a loop of '
            'your own, or give test_mode=True for samples that stay'
        )

    def _is_pack_only(self) -> bool:
        """Return whether the pipeline only packs the samples as rendered."""
        steps = self.pipeline.transforms
        return len(steps) == 1 and type(steps[0]) is PackDigits

    def get_subset(self, indices: int | Sequence[int]) -> 'DigitDataset':
        """Return a subset that follows the epochs of the whole set."""
        self.full_init()
        subset = copy.copy(self)
        subset.data_list = self._get_unserialized_subset(indices)
        return subset

    def extra_repr(self) -> list[str]:
        return [f'Split: \t{self.split}', f'Seed: \t{self.seed}']

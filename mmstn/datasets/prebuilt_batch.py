"""Batches that a data set renders at once, and their collate function."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import torch
from mmengine.dataset import default_collate
from mmpretrain.structures import DataSample
from torch import Tensor

from mmstn.registry import FUNCTIONS


class LazyDataSamples:
    """The data samples of a batch, built when the first one is asked for.

    Until then the batch holds one tensor per field, which passes from a
    worker to the main process, and to a GPU, at a fraction of the cost. No
    ``Sequence`` to MMEngine, which would move each sample on its own.

    Args:
        targets: By field name the ``(B, ...)`` targets, such as ``gt_label``,
            int64 ``(B, L)``.
        sample_idx: int64 ``(B,)``, the index of each sample in its data set.
    """

    def __init__(self, targets: dict[str, Tensor], sample_idx: Tensor):
        self.targets = targets
        self.sample_idx = sample_idx

    def __len__(self) -> int:
        return len(self.sample_idx)

    def __getitem__(self, position: int) -> DataSample:
        return self.samples[position]

    def __iter__(self) -> Iterator[DataSample]:
        return iter(self.samples)

    @cached_property
    def samples(self) -> list[DataSample]:
        """The data samples; their fields are views of the targets."""
        samples = []
        for index in self.sample_idx.tolist():
            sample = DataSample()
            sample.set_field(index, 'sample_idx', field_type='metainfo')
            samples.append(sample)
        for name, values in self.targets.items():
            for sample, value in zip(samples, values.unbind(0), strict=True):
                sample.set_field(value, name)
        return samples

    def to(self, device: torch.device | str) -> 'LazyDataSamples':
        """Return data samples with the targets on ``device``."""
        moved = {
            name: value.to(device) for name, value in self.targets.items()
        }
        return LazyDataSamples(moved, self.sample_idx)

    def pin_memory(self) -> 'LazyDataSamples':
        """Return data samples with the targets in page-locked memory."""
        pinned = {n: value.pin_memory() for n, value in self.targets.items()}
        return LazyDataSamples(pinned, self.sample_idx)


class PrebuiltBatch(Sequence):
    """Samples rendered together, a sequence of samples to any collate.

    :func:`batch_collate` takes the batch as it is.

    Args:
        inputs: uint8 ``(B, C, *size)``.
        data_samples: Their targets.
    """

    def __init__(self, inputs: Tensor, data_samples: LazyDataSamples):
        self.inputs = inputs
        self.data_samples = data_samples

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, position: int) -> dict:
        return dict(
            inputs=self.inputs[position],
            data_samples=self.data_samples[position],
        )


@FUNCTIONS.register_module()
def batch_collate(batch: Sequence) -> dict:
    """Collate a batch to ``dict(inputs, data_samples)``.

    A :class:`PrebuiltBatch` passes through with its
    :class:`LazyDataSamples`; anything else goes to MMEngine's
    ``default_collate``, which also takes a ``PrebuiltBatch``, more slowly.
    """
    if isinstance(batch, PrebuiltBatch):
        return dict(inputs=batch.inputs, data_samples=batch.data_samples)
    return default_collate(batch)

"""Batches that are made at once, and how they reach the model."""

from collections.abc import Sequence

from mmengine.dataset import default_collate
from mmpretrain.structures import DataSample
from torch import Tensor

from mmstn.registry import FUNCTIONS


class ReadyBatch(Sequence):
    """Samples made together: to any collate function a sequence of them.

    :func:`batch_collate` takes the batch as it is.

    Args:
        inputs: uint8 ``(B, C, *size)``.
        labels: int64 ``(B, L)``, the ``L`` labels of each sample.
        sample_idx: int64 ``(B,)``, the index of each in its data set.
    """

    def __init__(self, inputs: Tensor, labels: Tensor, sample_idx: Tensor):
        self.inputs = inputs
        self.columns = dict(gt_label=labels, sample_idx=sample_idx)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, position: int) -> dict:
        number = int(self.columns['sample_idx'][position])
        data_sample = DataSample(metainfo=dict(sample_idx=number))
        data_sample.set_gt_label(self.columns['gt_label'][position])
        return dict(inputs=self.inputs[position], data_samples=data_sample)


@FUNCTIONS.register_module()
def batch_collate(batch: Sequence) -> dict:
    """Return one batch, ``dict(inputs, data_samples)``.

    A :class:`ReadyBatch` passes through, its labels as columns, which
    ``mmstn.BatchPreprocessor`` turns into data samples: in columns they pass
    from a worker to the main process at no cost. Anything else goes to
    MMEngine's ``default_collate``.
    """
    if isinstance(batch, ReadyBatch):
        return dict(inputs=batch.inputs, data_samples=batch.columns)
    return default_collate(batch)

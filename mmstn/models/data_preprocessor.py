"""From the batches of a loader to what a model takes."""

from mmpretrain.models import ClsDataPreprocessor
from mmpretrain.structures import DataSample
from torch import Tensor

from mmstn.registry import MODELS


@MODELS.register_module()
class BatchPreprocessor(ClsDataPreprocessor):
    """MMPretrain's preprocessor, which takes labels in columns too.

    With ``mmstn.batch_collate`` the labels of a batch are one tensor. They
    move to the device at once, and each data sample gets a view of them. Mean
    and standard deviation are those of channels for volumes as well.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        if self._enable_normalize:
            axes = [1] * (data['inputs'][0].ndim - 1)
            self.mean = self.mean.view(-1, *axes)
            self.std = self.std.view(-1, *axes)
        columns = data.get('data_samples')
        if not isinstance(columns, dict):
            return super().forward(data, training)
        rows = data_samples(
            columns['gt_label'].to(self.device), columns['sample_idx']
        )
        if self.to_onehot:  # batch augments switch it on
            return super().forward({**data, 'data_samples': rows}, training)
        batch = super().forward(dict(inputs=data['inputs']), training)
        return {**batch, 'data_samples': rows}


def data_samples(labels: Tensor, sample_idx: Tensor) -> list[DataSample]:
    """Return one data sample for each row of ``labels (B, L)``."""
    rows = []
    for label, number in zip(
        labels.unbind(0), sample_idx.tolist(), strict=True
    ):
        row = DataSample()
        row.set_field(number, 'sample_idx', field_type='metainfo')
        row.set_field(label, 'gt_label')
        rows.append(row)
    return rows

"""Convert batches of a loader to the inputs of a model."""

from mmpretrain.models import ClsDataPreprocessor

from mmstn.registry import MODELS


@MODELS.register_module()
class BatchPreprocessor(ClsDataPreprocessor):
    """MMPretrain's ``ClsDataPreprocessor``, for prebuilt batches and volumes.

    The targets of a batch that ``mmstn.batch_collate`` passed on move to the
    device as whole tensors, and each data sample gets views of them. The
    parent trains alike, but handles each sample's label on its own. Mean and
    standard deviation are per channel for volumes as well.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        if 'inputs' not in data:
            raise ValueError(
                'BatchPreprocessor: a batch must have inputs, but has '
                f'{", ".join(data)}; the pipeline of the data set must end '
                "with dict(type='mmstn.PackDigits') or dict(type='PackInputs')"
            )
        ndim = data['inputs'][0].ndim  # (C, *size)
        if self._enable_normalize and self.mean.ndim != ndim:
            self.mean = self.mean.view(-1, *[1] * (ndim - 1))
            self.std = self.std.view(-1, *[1] * (ndim - 1))
        samples = data.get('data_samples')
        if not hasattr(samples, 'to'):  # no tensors of a whole batch
            return super().forward(data, training)
        samples = list(samples.to(self.device))
        if self.to_onehot:  # batch augments switch it on
            return super().forward({**data, 'data_samples': samples}, training)
        batch = super().forward(dict(inputs=data['inputs']), training)
        return {**batch, 'data_samples': samples}

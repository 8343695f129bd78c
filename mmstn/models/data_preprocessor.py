"""Convert batches of a loader to the inputs of a model."""

from mmpretrain.models import ClsDataPreprocessor
from torch import Tensor

from mmstn.registry import MODELS


@MODELS.register_module()
class BatchPreprocessor(ClsDataPreprocessor):
    """MMPretrain's ``ClsDataPreprocessor``, for prebuilt batches and volumes.

    The targets of a batch that ``mmstn.batch_collate`` passed on move to the
    device as whole tensors, and each data sample gets views of them. The
    parent trains alike, but handles each sample's label on its own, and
    leaves other targets where they are. Mean and standard deviation are per
    channel for volumes and series as well.
    """

    axes = 2  # of the inputs

    @property
    def mean(self) -> Tensor:
        """Mean of each channel, ``(C, 1, ...)`` for inputs of ``axes``."""
        return self._of_channels('mean')

    @property
    def std(self) -> Tensor:
        """Standard deviation of each channel, as :attr:`mean`."""
        return self._of_channels('std')

    def _of_channels(self, name: str) -> Tensor:
        # the buffer keeps its shape: a moving average of the network copies it
        if name not in self._buffers:
            raise AttributeError(name)
        return self._buffers[name].view(-1, *[1] * self.axes)

    def forward(self, data: dict, training: bool = False) -> dict:
        if 'inputs' not in data:
            raise ValueError(
                'BatchPreprocessor: a batch must have inputs, but has '
                f'{", ".join(data)}; the pipeline of the data set must end '
                "with dict(type='mmstn.PackDigits') or dict(type='PackInputs')"
            )
        self.axes = data['inputs'][0].ndim - 1  # of (C, *size)
        samples = data.get('data_samples')
        if not hasattr(samples, 'to'):  # no tensors of a whole batch
            samples = self.cast_data(samples)
            return super().forward({**data, 'data_samples': samples}, training)
        samples = list(samples.to(self.device))
        if self.to_onehot:  # batch augments switch it on
            return super().forward({**data, 'data_samples': samples}, training)
        batch = super().forward(dict(inputs=data['inputs']), training)
        return {**batch, 'data_samples': samples}

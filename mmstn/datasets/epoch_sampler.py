"""A sampler that sets the epoch of its data set."""

from collections.abc import Iterator, Sized

from mmengine.dataset import DefaultSampler

from mmstn.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class EpochSampler(DefaultSampler):
    """MMEngine's ``DefaultSampler``, which also sets the data set's epoch.

    MMEngine calls ``set_epoch`` before each epoch, after a resume too. Where
    nothing does, each pass over the sampler is the epoch after the last.
    """

    def __init__(
        self,
        dataset: Sized,
        shuffle: bool = True,
        seed: int | None = None,
        round_up: bool = True,
    ):
        super().__init__(dataset, shuffle, seed, round_up)
        if next(epoch_datasets(dataset), None) is None:
            raise TypeError(
                'EpochSampler: dataset must have set_epoch, or wrap one that '
                f'has, but {type(dataset).__name__} does not; use '
                "type='DefaultSampler'"
            )
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        super().set_epoch(epoch)
        self.is_epoch_begun = False
        for dataset in epoch_datasets(self.dataset):
            dataset.set_epoch(epoch)

    def __iter__(self) -> Iterator[int]:
        if self.is_epoch_begun:
            self.set_epoch(self.epoch + 1)
        self.is_epoch_begun = True
        return super().__iter__()


def epoch_datasets(dataset: object) -> Iterator:
    """Yield the data sets that have ``set_epoch``, inside wrappers too."""
    if hasattr(dataset, 'set_epoch'):
        yield dataset
        return
    if hasattr(dataset, 'dataset'):
        yield from epoch_datasets(dataset.dataset)
    for part in getattr(dataset, 'datasets', ()):
        yield from epoch_datasets(part)

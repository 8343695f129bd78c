"""The sampler that tells its data set the epoch."""

from collections.abc import Iterator, Sized

from mmengine.dataset import DefaultSampler

from mmstn.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class EpochSampler(DefaultSampler):
    """MMEngine's ``DefaultSampler``, which also tells the data set the epoch.

    MMEngine calls ``set_epoch`` before each epoch, after a resume too. Under
    its own ``DefaultSampler`` a data set of ours shows the samples of epoch 0
    in every epoch.
    """

    def __init__(
        self,
        dataset: Sized,
        shuffle: bool = True,
        seed: int | None = None,
        round_up: bool = True,
    ):
        super().__init__(dataset, shuffle, seed, round_up)
        if next(followers(dataset), None) is None:
            raise TypeError(
                'EpochSampler: dataset must have set_epoch, or wrap one that '
                f'has, but {type(dataset).__name__} does not; use '
                "type='DefaultSampler'"
            )

    def set_epoch(self, epoch: int) -> None:
        super().set_epoch(epoch)
        for dataset in followers(self.dataset):
            dataset.set_epoch(epoch)


def followers(dataset: object) -> Iterator:
    """Yield the data sets that follow the epoch, inside wrappers too."""
    if hasattr(dataset, 'set_epoch'):
        yield dataset
        return
    if hasattr(dataset, 'dataset'):
        yield from followers(dataset.dataset)
    for part in getattr(dataset, 'datasets', ()):
        yield from followers(part)

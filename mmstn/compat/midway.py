"""Resume inside an epoch."""

import functools
from collections.abc import Iterable, Iterator
from itertools import islice

from mmengine.runner import EpochBasedTrainLoop, Runner
from torch.utils.data import DataLoader, IterableDataset

RECORD = 'epoch_begin'


class Rest:
    """A batch sampler whose first pass skips the batches trained on.

    Args:
        batches: The whole batch sampler.
        done: Batches that the first pass leaves out; none of them is loaded.
    """

    def __init__(self, batches: Iterable[list[int]], done: int):
        self.batches = batches
        self.done = done

    def __iter__(self) -> Iterator[list[int]]:
        # runs at the first batch: a data loader may ask twice before
        done, self.done = self.done, 0
        yield from islice(self.batches, done, None)

    def __len__(self) -> int:
        return len(self.batches)

    def __getattr__(self, name: str):
        return getattr(self.batches, name)


def go_on_inside_epochs() -> None:
    """Resume a checkpoint from inside an epoch behind its last batch.

    MMEngine 0.10 repeats the epoch, and counts iterations past the end. The
    order of an epoch is a function of its number in MMEngine's samplers and
    in ours: the batches done are left out of it.
    See https://github.com/open-mmlab/mmengine/issues/1205.
    """
    loop = EpochBasedTrainLoop
    run, run_epoch, run_iter = loop.run, loop.run_epoch, loop.run_iter

    @functools.wraps(run)
    def run_rest(self):
        self.batches_done = leave_out_batches(self)
        return run(self)

    @functools.wraps(run_epoch)
    def run_rest_of_epoch(self) -> None:
        begin = self.iter - self.batches_done
        record = [self.epoch, begin, len(self.dataloader)]
        self.runner.message_hub.update_info(RECORD, record)
        run_epoch(self)
        self.batches_done = 0

    @functools.wraps(run_iter)
    def run_numbered_iter(self, idx: int, data_batch) -> None:
        run_iter(self, idx + self.batches_done, data_batch)

    loop.batches_done = 0
    loop.run, loop.run_epoch = run_rest, run_rest_of_epoch
    loop.run_iter = run_numbered_iter


def leave_out_batches(loop: EpochBasedTrainLoop) -> int:
    """Skip trained batches in the next epoch; return how many they are.

    Raises:
        ValueError: If that cannot be known.
    """
    done, length = batches_done(loop)
    if not done:
        return 0
    fault = None
    if length != len(loop.dataloader):
        fault = (
            f'now an epoch has {len(loop.dataloader)}. Resume with the batch '
            'size and the number of processes of before'
        )
    elif not is_countable(loop.dataloader):
        fault = 'this data set has no order to find the place in. Resume'
    elif type(loop).run_epoch is not EpochBasedTrainLoop.run_epoch:
        fault = f'{type(loop).__name__} has its own run_epoch. Resume'
    if fault:
        raise ValueError(
            f'--resume: the checkpoint was saved after {done} of the {length} '
            f'batches of epoch {loop.epoch + 1}, but {fault} from a '
            'checkpoint that was saved at the end of an epoch.'
        )
    # DataLoader refuses the assignment, for the sake of its other arguments
    vars(loop.dataloader)['batch_sampler'] = Rest(
        loop.dataloader.batch_sampler, done
    )
    return done


def is_countable(dataloader: DataLoader) -> bool:
    """Return whether a data loader goes by a batch sampler."""
    is_stream = isinstance(dataloader.dataset, IterableDataset)
    return not is_stream and dataloader.batch_sampler is not None


def batches_done(loop: EpochBasedTrainLoop) -> tuple[int, int]:
    """Return the batches done of a resumed epoch, and all it had.

    A checkpoint that knows nothing of where its epoch began was saved by
    MMEngine alone: epochs of one length are supposed.
    """
    info = loop.runner.message_hub.runtime_info
    if RECORD in info:
        epoch, begin, length = info[RECORD]
        done = loop.iter - begin if epoch == loop.epoch else 0
    else:
        length = len(loop.dataloader)
        if info.get('max_epochs') and info.get('max_iters'):
            length = info['max_iters'] // info['max_epochs']
        done = loop.iter - loop.epoch * length
    return (done if 0 < done <= length else 0), length


def resume_the_order() -> None:
    """Give a resumed sampler the seed it had.

    MMEngine 0.10 restores the seed of a run that named none after it has
    built the sampler with a new one: the rest of an epoch would be the rest
    of another.
    """
    resume = Runner.resume

    @functools.wraps(resume)
    def resume_with_order(self, *args, **kwargs) -> None:
        sampler, seed = self.train_dataloader.sampler, self.seed
        resume(self, *args, **kwargs)
        if getattr(sampler, 'seed', None) == seed:
            sampler.seed = self.seed

    Runner.resume = resume_with_order

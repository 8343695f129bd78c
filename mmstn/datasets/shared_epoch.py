"""An epoch number that the workers of a loader see change."""

import torch


class SharedEpoch:
    """The epoch of a data set, in memory shared with its workers.

    Workers may outlive the epoch they started in. A copy of the object has a
    number of its own.
    """

    def __init__(self):
        self.value = torch.tensor(-1).share_memory_()

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self.value.share_memory_()  # a deep copy has left it

    def set(self, epoch: int) -> None:
        """Set the number, here and in all workers."""
        self.value.fill_(epoch)

    def get(self) -> int | None:
        """Return the number, or None if it was never set."""
        epoch = int(self.value)
        return None if epoch < 0 else epoch

"""Through which transformers a tensor came from the network's input."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Lineage = tuple | None


class Provenance(TorchDispatchMode):
    """While active, track which transformers each tensor came through.

    An operation's outputs inherit the lineage of its inputs. A lineage is a
    tuple, the nearest transformer first; it is empty for a tensor in the
    frame of the network's input, and None where tensors of unlike lineages
    were joined.

    ::

        with Provenance() as provenance:
            output = transformer(image)       # two in parallel, A and B
            provenance.start(output, [('A',), ('B',)])
            first, second = output.chunk(2, dim=1)
            provenance.of(conv(first))        # ('A',)
            provenance.of(first + second)     # None

    Keyed by memory, which views share, for as long as it is in use: what uses
    it next may be a constant, written by no operation.
    """

    def __init__(self):
        super().__init__()
        self.lineages = {}  # with the storage each is of
        self.started = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        outputs = func(*args, **(kwargs or {}))
        lineage = join([self.of(t) for t in tensors((args, kwargs))])
        for tensor in tensors(outputs):
            storage = StorageWeakRef(tensor.untyped_storage())
            self.lineages[memory(tensor)] = storage, lineage
        return outputs

    def start(self, output: Tensor, lineages: Sequence[Lineage]) -> None:
        """Give each of N equal shares of the channels its own lineage.

        Args:
            output: ``(B, N * C, *size)``; kept alive as long as this object.
            lineages: N of them.
        """
        self.started[memory(output)] = (output, lineages)

    def of(self, tensor: Tensor) -> Lineage:
        """Return the lineage of a tensor."""
        address = memory(tensor)
        if address not in self.started:
            storage, lineage = self.lineages.get(address, (None, ()))
            is_of_it = storage is not None and not storage.expired()
            return lineage if is_of_it else ()
        output, lineages = self.started[address]
        # first and last cell within the first sample it is a view of
        first = tensor.storage_offset() - output.storage_offset()
        first %= output[0].numel()
        steps = zip(tensor.shape[1:], tensor.stride()[1:], strict=True)
        last = first + sum((cells - 1) * stride for cells, stride in steps)
        share = output[0].numel() // len(lineages)
        is_within = (
            output.is_contiguous()
            and tensor.stride()[:1] == output.stride()[:1]
            and first // share == last // share
        )
        return lineages[first // share] if is_within else join(lineages)


def join(lineages: Sequence[Lineage]) -> Lineage:
    """Return the longest lineage, if each other is the end of it."""
    if None in lineages:
        return None
    longest = max(lineages, key=len, default=())
    ends = (longest[len(longest) - len(other) :] for other in lineages)
    return longest if all(map(tuple.__eq__, ends, lineages)) else None


def tensors(tree: object) -> list[Tensor]:
    """Return the tensors in nested arguments or results."""
    return [
        leaf
        for leaf in tree_leaves(tree)
        if isinstance(leaf, Tensor) and leaf.layout is torch.strided
    ]


def memory(tensor: Tensor) -> int:
    """Return the address of a tensor's storage."""
    return tensor.untyped_storage().data_ptr()

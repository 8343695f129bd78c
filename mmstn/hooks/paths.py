"""Follow by which transformers a tensor came from the network's input."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Path = tuple | None


class Paths(TorchDispatchMode):
    """Watch every operation until left; what it makes lies where it read.

    A path is a tuple, the nearest transformer first, the empty one for what
    stands in the frame of the network's input. It is None where what came by
    unlike paths was joined.

    Keyed by memory, which views share; memory used again is written by an
    operation first, and so follows it.
    """

    def __init__(self):
        super().__init__()
        self.made = {}
        self.handed_on = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        outputs = func(*args, **(kwargs or {}))
        path = join([self.of(t) for t in tensors((args, kwargs))])
        for tensor in tensors(outputs):
            self.made[memory(tensor)] = path
        return outputs

    def start(self, output: Tensor, paths: Sequence[Path]) -> None:
        """Let each of equal shares of the channels have a path of its own.

        Args:
            output: ``(B, N * C, *size)``; stays alive as long as this does.
            paths: N of them.
        """
        self.handed_on[memory(output)] = (output, paths)

    def of(self, tensor: Tensor) -> Path:
        """Return the path of a tensor."""
        address = memory(tensor)
        if address not in self.handed_on:
            return self.made.get(address, ())
        output, paths = self.handed_on[address]
        # first and last cell within the first sample it is a view of
        first = tensor.storage_offset() - output.storage_offset()
        first %= output[0].numel()
        steps = zip(tensor.shape[1:], tensor.stride()[1:], strict=True)
        last = first + sum((cells - 1) * stride for cells, stride in steps)
        share = output[0].numel() // len(paths)
        is_within = (
            output.is_contiguous()
            and tensor.stride()[:1] == output.stride()[:1]
            and first // share == last // share
        )
        return paths[first // share] if is_within else join(paths)


def join(paths: Sequence[Path]) -> Path:
    """Return the longest path, if each other is the end of it."""
    if None in paths:
        return None
    longest = max(paths, key=len, default=())
    ends = (longest[len(longest) - len(path) :] for path in paths)
    return longest if all(map(tuple.__eq__, ends, paths)) else None


def tensors(tree: object) -> list[Tensor]:
    """Return the tensors in nested arguments or results."""
    return [
        leaf
        for leaf in tree_leaves(tree)
        if isinstance(leaf, Tensor) and leaf.layout is torch.strided
    ]


def memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()

"""What optimizers keep of each weight from step to step."""

import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch.optim import Optimizer


def optimizers(wrapper: OptimWrapper) -> list[Optimizer]:
    """Return the optimizer of a wrapper, or those of several in one."""
    several = isinstance(wrapper, OptimWrapperDict)
    return [
        each.optimizer for each in (wrapper.values() if several else [wrapper])
    ]


def match_layouts(wrapper: OptimWrapper | dict) -> None:
    """Lay out what optimizers keep of each weight as that weight is.

    Fused ones walk through memory without a look at strides; a checkpoint
    keeps those of the run that wrote it. A config has kept nothing yet.
    """
    if not isinstance(wrapper, OptimWrapper):
        return
    for optimizer in optimizers(wrapper):
        for weight, state in optimizer.state.items():
            for name, value in state.items():
                if getattr(value, 'shape', None) != weight.shape:
                    continue
                if value.stride() != weight.stride():
                    like = torch.empty_like(weight, dtype=value.dtype)
                    state[name] = like.copy_(value)

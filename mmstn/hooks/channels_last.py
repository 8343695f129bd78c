"""Keep pictures and weights in the layout that convolutions are fastest in."""

import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor, nn

from mmstn.optimizer_state import match_layouts
from mmstn.registry import HOOKS

LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keep pictures, volumes and the weights on them channels last.

    ::

        custom_hooks = [dict(type='mmstn.ChannelsLastHook')]

    The numbers are the same; most convolutions are faster, on CPUs and, in
    mixed precision, on GPUs. Checkpoints load with and without this hook.
    """

    def before_run(self, runner: Runner) -> None:
        # before the first call: torch.compile would never see it later
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        self.handle = model.data_preprocessor.register_forward_hook(lay_out)

    def before_train(self, runner: Runner) -> None:
        self.before_test(runner)
        match_layouts(runner.optim_wrapper)

    def before_test(self, runner: Runner) -> None:
        """Lay out the weights; drawn as they are, they are the same."""
        for weight in runner.model.parameters():
            weight.data = channels_last(weight.data)

    before_val = before_test

    def after_run(self, runner: Runner) -> None:
        self.handle.remove()


def lay_out(preprocessor: nn.Module, inputs: tuple, batch: dict) -> dict:
    """Return the batch with its pictures channels last."""
    if not isinstance(batch.get('inputs'), Tensor):
        return batch
    return {**batch, 'inputs': channels_last(batch['inputs'])}


def channels_last(tensor: Tensor) -> Tensor:
    """Return the same values, channels last if there are 2 or 3 axes."""
    layout = LAYOUTS.get(tensor.ndim)
    if layout is None:
        return tensor
    return tensor.contiguous(memory_format=layout)

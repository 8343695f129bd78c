"""Train and test in bfloat16 on a CPU."""

import functools
import logging
from pathlib import Path

import torch
from mmengine.device import get_device
from mmengine.logging import print_log

INSTRUCTIONS = {'avx512_bf16', 'amx_bf16', 'bf16'}  # the last one is ARM's


def train_in_bfloat16_on_a_cpu() -> None:
    """Let MMEngine's ``AmpOptimWrapper`` train where there is no GPU.

    It stops at an assertion there, though ``torch.autocast`` and its own
    ``autocast`` know CPUs. bfloat16 has the range of float32: no loss is
    scaled, and no state of a scaler is saved (torch refuses an empty one when
    such a run goes on on a GPU).
    """
    from mmengine.optim import AmpOptimWrapper, OptimWrapper

    init, state_dict = AmpOptimWrapper.__init__, AmpOptimWrapper.state_dict

    @functools.wraps(init)
    def __init__(
        self, loss_scale='dynamic', dtype=None, use_fsdp=False, **kwargs
    ):
        device = get_device()
        if device not in ('cpu', 'mps'):
            init(self, loss_scale, dtype, use_fsdp, **kwargs)
            return
        check_bfloat16(device, dtype)
        say_if_slow()
        OptimWrapper.__init__(self, **kwargs)
        self.loss_scaler = torch.amp.GradScaler('cpu', enabled=False)
        self._scale_update_param = None
        self.cast_dtype = torch.bfloat16

    @functools.wraps(state_dict)
    def without_empty_scaler(self):
        state = state_dict(self)
        if not state['loss_scaler']:
            del state['loss_scaler']
        return state

    AmpOptimWrapper.__init__ = __init__
    AmpOptimWrapper.state_dict = without_empty_scaler


def check_bfloat16(device: str, dtype: str | torch.dtype | None) -> None:
    """Raise ``ValueError`` unless a device without CUDA can train in this."""
    if device != 'cpu':
        raise ValueError(
            f'AmpOptimWrapper (--amp): torch trains on {device} here, where '
            'MMEngine has no mixed precision. Leave --amp out, or set '
            "optim_wrapper.type='OptimWrapper'."
        )
    if dtype not in (None, 'bfloat16', torch.bfloat16):
        raise ValueError(
            f'AmpOptimWrapper: dtype is {dtype!r}, but torch finds no GPU, '
            'and on a CPU mixed precision is bfloat16. Set '
            "optim_wrapper.dtype='bfloat16', or leave it out."
        )


def say_if_slow() -> None:
    """Log a warning where a CPU computes bfloat16 by way of float32."""
    if get_device() == 'cpu' and not has_bfloat16_instructions():
        print_log(
            'Mixed precision: this CPU has no bfloat16 instructions (such as '
            'avx512_bf16), so it will be slower than float32.',
            'current',
            logging.WARNING,
        )


def has_bfloat16_instructions(cpuinfo: Path = Path('/proc/cpuinfo')) -> bool:
    """Return whether the CPU multiplies bfloat16; True if unknown."""
    if not cpuinfo.is_file():
        return True
    return not INSTRUCTIONS.isdisjoint(cpuinfo.read_text().split())

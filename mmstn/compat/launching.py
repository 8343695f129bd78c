"""Start a run on a machine without a GPU."""

import atexit
import gc

import torch
from mmengine.config import Config
from mmengine.device import get_device


def init_cpu_distributed(cfg: Config) -> None:
    """Join the processes of ``torchrun`` on a machine without a GPU.

    MMEngine's ``init_dist`` sets a CUDA device, and wraps the model for it.
    Where there is one this does nothing. Call it before the Runner is built.

    Args:
        cfg: The run's config; its ``model_wrapper_cfg`` is adapted.
    """
    if get_device() != 'cpu':
        return
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')
        atexit.register(leave_process_group)
    # The Runner's own defaults, but for the device.
    wrapper = cfg.get('model_wrapper_cfg') or dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    cfg.model_wrapper_cfg = dict(wrapper, device_ids=None)


def leave_process_group() -> None:
    """End gloo's threads while the interpreter still stands.

    One that drops a tensor of ours later asks for the interpreter's lock,
    which aborts a process that has done all its work. The group lives as long
    as a wrapped model does, and the Runner that owns it is a cycle: it goes
    first, or ``destroy_process_group`` forgets the group and ends nothing.
    See https://github.com/pytorch/pytorch/pull/179291.
    """
    gc.collect()
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()

"""Look at a network without a trace in what training does next."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Evaluate within, without a trace in what training does next.

    Also runs a compiled network eagerly, where torch's hooks fire.
    """
    device = next(model.parameters(), torch.empty(0)).device
    devices = [] if device.type in ('cpu', 'mps') else [device]
    modes = [(module, module.training) for module in model.modules()]
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with (
            torch.random.fork_rng(devices, device_type=device.type),
            torch.compiler.set_stance('force_eager'),
            torch.no_grad(),
        ):
            model.eval()
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        for module, training in modes:
            module.training = training

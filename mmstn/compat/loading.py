"""Load checkpoints, and never run code that is in them."""

import functools
import os
import pickle
import re
import warnings

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from numpy._core import multiarray  # a stub in NumPy 1.26


def force_weights_only() -> None:
    """Make every ``torch.load`` of this process refuse to run code.

    Both stacks load URLs (and so ``torchvision://`` and model zoos) through
    ``torch.hub`` with ``weights_only=False``; the onedl fork falls back to it
    for files. torch's own switch reaches every such call, also those of
    torchvision and MMPretrain, and worker processes; wrapping the loaders we
    know of would not. It outranks ``weights_only=False`` in your own code:
    there, name the classes you trust by ``torch.serialization.safe_globals``.
    See https://github.com/open-mmlab/mmengine/issues/1655.
    """
    if os.environ.pop('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', None):
        warnings.warn(
            'mmstn ignores TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD: it would let '
            'checkpoints run code.',
            stacklevel=2,
        )
    os.environ['TORCH_FORCE_WEIGHTS_ONLY_LOAD'] = '1'


def history_statistic(owner: type, name: str):
    """Stand in for ``getattr`` in checkpoints, for HistoryBuffer alone."""
    if owner is HistoryBuffer and name in ('min', 'max', 'mean', 'current'):
        return getattr(HistoryBuffer, name)
    raise pickle.UnpicklingError(f'it asks for {name!r} of {owner!r}')


def allow_training_state() -> None:
    """Let MMEngine's checkpoints load with ``weights_only=True``.

    torch 2.6 made that the default, which refuses the HistoryBuffers (NumPy
    arrays inside) that every mmengine checkpoint holds, so nothing resumes.
    They pickle their methods by ``getattr``, which would open the guard:
    a stand-in answers. The fork's loader allows the real one, and goes.
    See https://github.com/open-mmlab/mmengine/issues/1655.
    """
    from mmengine.runner import checkpoint

    dtypes = {type(np.dtype(code)) for code in '?bBhHiIlLqQefdUS'}
    torch.serialization.add_safe_globals(
        [HistoryBuffer, np.ndarray, np.dtype, *dtypes]
        + [(history_statistic, 'builtins.getattr')]
        # NumPy 1 wrote `numpy.core`, NumPy 2 writes `numpy._core`.
        + [
            (getattr(multiarray, name), f'numpy.{core}.multiarray.{name}')
            for name in ('_reconstruct', 'scalar')
            for core in ('core', '_core')
        ]
    )
    if hasattr(checkpoint, '_safe_torch_load'):
        checkpoint._safe_torch_load = torch.load


def name_refused_checkpoints() -> None:
    """Name the file of a checkpoint that is refused or damaged.

    torch's message names neither the file nor its address, and advises to
    load it unsafely. MMEngine's single gate to every scheme is wrapped.
    """
    from mmengine.runner.checkpoint import CheckpointLoader

    load = CheckpointLoader.load_checkpoint.__func__

    @functools.wraps(load)
    def load_checkpoint(cls, filename, *args, **kwargs):
        try:
            return load(cls, filename, *args, **kwargs)
        except OSError:
            raise
        except Exception as error:
            # torch puts advice before the reason and a link behind it.
            text = str(error).partition('\n\nCheck the doc')[0].strip()
            reason = re.split(r'WeightsUnpickler error:|\n\n', text)[-1]
            reason = reason.strip().partition('\n')[0]
            raise pickle.UnpicklingError(
                f'{filename} was not loaded: it is damaged, or holds more '
                'than tensors, plain values and logs. No code in it was run. '
                f'({type(error).__name__}: {reason})'
            ) from error

    CheckpointLoader.load_checkpoint = classmethod(load_checkpoint)


def keep_config_text_unrun() -> None:
    """Never run the config text that a checkpoint carries.

    Configs are Python: mmengine 0.10 executes ``meta['config']`` when a run
    resumes (to compare the number of GPUs), and the stored config when an
    inferencer is given weights alone.
    """
    from mmengine.infer import BaseInferencer
    from mmengine.runner.checkpoint import CheckpointLoader

    load = CheckpointLoader.load_checkpoint.__func__
    init_model = BaseInferencer._init_model

    @functools.wraps(load)
    def load_checkpoint(cls, *args, **kwargs):
        checkpoint = load(cls, *args, **kwargs)
        meta = checkpoint.get('meta') if isinstance(checkpoint, dict) else None
        if isinstance(meta, dict):
            meta.pop('config', None)
        return checkpoint

    @functools.wraps(init_model)
    def _init_model(self, cfg, weights, device='cpu'):
        if not cfg:
            raise ValueError(
                f'{type(self).__name__} got the weights {weights} without a '
                'config, and would run the Python text stored in them. Name '
                'the config as well.'
            )
        return init_model(self, cfg, weights, device)

    CheckpointLoader.load_checkpoint = classmethod(load_checkpoint)
    BaseInferencer._init_model = _init_model

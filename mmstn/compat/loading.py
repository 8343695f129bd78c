"""Load checkpoints, and never run code that is in them."""

import functools
import pickle
import re
import types

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from numpy._core import multiarray  # a stub in NumPy 1.26

from mmstn.compat.imports import after_import

# Who calls torch.load, and is first imported when it is needed.
MODULES = (
    'mmengine.runner.checkpoint',
    'mmpretrain.apis.multimodal_retrieval',
    'mmpretrain.engine.hooks.swav_hook',
    'mmpretrain.models.multimodal.ram.openset_utils',
    'mmpretrain.models.retrievers.image2image',
    'mmpretrain.models.utils.vector_quantizer',
)
# What torch says about loading unsafely, wherever it says it.
ADVICE = re.compile(r'weights_only|safe_globals|trust|arbitrary|Check the doc')


class RefusedCheckpoint(pickle.UnpicklingError):
    """A checkpoint is damaged, or holds what would run code.

    Args:
        name: Path or address of the checkpoint.
        error: What torch raised; its advice to load unsafely is left out.
    """

    def __init__(self, name: object, error: Exception):
        refused = isinstance(error, RefusedCheckpoint)
        self.reason = error.reason if refused else reason(error)
        super().__init__(
            f'{name} was not loaded: it is damaged, or holds more than '
            'tensors, plain values and logs. No code in it was run. '
            f'({self.reason})'
        )

    def __reduce__(self):  # from a worker to its parent, the sentence alone
        return pickle.UnpicklingError, self.args


def reason(error: Exception) -> str:
    """Return the sentence of torch's message that names the fault."""
    text = str(error).rpartition('WeightsUnpickler error:')[2]
    sentences = re.split(r'(?<=[.!?])\s+|\n+', text)
    said = [s.strip() for s in sentences if s.strip() and not ADVICE.search(s)]
    return ': '.join([type(error).__name__, *said[:1]])


def load(file, map_location=None, **kwargs):
    """Return the content of a checkpoint, and run no code in it.

    ``torch.load`` with ``weights_only=True``, whatever ``kwargs`` or
    ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD`` say.

    Raises:
        RefusedCheckpoint: If it is damaged, or holds more than tensors,
            plain values and logs.
    """
    kwargs['weights_only'] = True
    try:
        return torch.load(file, map_location, **kwargs)
    except Exception as error:
        if isinstance(error, OSError) and error.filename:
            raise  # none such; torch names no file whose end is missing
        raise RefusedCheckpoint(file, error) from None


def load_url(url: str, *args, **kwargs):
    """Return the content of a checkpoint at ``url``, and run no code in it."""
    kwargs['weights_only'] = True
    try:
        return torch.hub.load_state_dict_from_url(url, *args, **kwargs)
    except OSError:
        raise
    except Exception as error:
        raise RefusedCheckpoint(url, error) from None


class GuardedTorch(types.ModuleType):
    """torch, but for :func:`load`."""

    load = staticmethod(load)

    def __getattr__(self, name: str):
        return getattr(torch, name)


def guard(module: types.ModuleType) -> None:
    """Replace in ``module`` what can load a checkpoint unsafely."""
    module.torch = GuardedTorch('torch')
    for name, safe in (('load_url', load_url), ('_safe_torch_load', load)):
        if hasattr(module, name):
            setattr(module, name, safe)


def worker_init_fn(*args, **kwargs) -> None:
    """Start a worker as MMEngine does, and with our mends.

    A spawned worker finds this function by its name, so it imports mmstn.
    """
    from mmengine.dataset import worker_init_fn

    worker_init_fn(*args, **kwargs)


def guard_checkpoints() -> None:
    """Let no checkpoint that MMEngine or MMPretrain loads run code.

    Both stacks load URLs (and so ``torchvision://`` and model zoos) with
    ``weights_only=False``, the onedl fork falls back to it for files, and
    ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD`` opens every call that does not say.
    Those modules that load are given our loaders, in every thread and worker;
    torch itself, and so your own calls of it, stay as they are.
    See https://github.com/open-mmlab/mmengine/issues/1655.
    """
    from mmengine.runner import _flexible_runner, runner
    from mmengine.utils import dl_utils

    dl_utils.load_url = dl_utils.hub.load_url = load_url
    for module in (runner, _flexible_runner):
        module.default_worker_init_fn = worker_init_fn
    for name in MODULES:
        after_import(name, guard)


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
    a stand-in answers.
    See https://github.com/open-mmlab/mmengine/issues/1655.
    """
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


def name_refused_checkpoints() -> None:
    """Name the file of a checkpoint that is refused or damaged.

    MMEngine's single gate to every scheme is wrapped.
    """
    from mmengine.runner.checkpoint import CheckpointLoader

    load = CheckpointLoader.load_checkpoint.__func__

    @functools.wraps(load)
    def load_checkpoint(cls, filename, *args, **kwargs):
        try:
            return load(cls, filename, *args, **kwargs)
        except (OSError, KeyError, ImportError):  # none such
            raise
        except Exception as error:
            raise RefusedCheckpoint(filename, error) from None

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

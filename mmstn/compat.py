"""Mends of the frozen OpenMMLab releases for today's stack.

One function per mend; its docstring says what breaks, where, and where that
is discussed. A mend goes when its upstream does: no other depends on it.
"""

import atexit
import functools
import gc
import importlib.metadata
import importlib.util
import os
import pickle
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.config.utils import MODULE2PACKAGE
from mmengine.device import get_device
from mmengine.logging import HistoryBuffer

CONFIGS = Path(__file__).parent / '.mim' / 'configs'


@functools.cache
def apply() -> None:
    """Apply every mend, once per process."""
    check_opencv()
    register_torchvision_ops()
    find_packages_without_pkg_resources()
    resolve_own_configs()
    force_weights_only()
    allow_training_state()
    name_refused_checkpoints()
    keep_config_text_unrun()


def check_opencv() -> None:
    """Say what to install where OpenCV lacks a system library.

    opencv-python links libGL and GLib, which slim images do not have, and
    MMEngine hides an ImportError behind "mmstn.X is not in the registry":
    the sentence is printed too.
    See https://github.com/opencv/opencv-python/issues/370.
    """
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError):
            raise
        sentence = (
            f'OpenCV cannot start ({error}). Run `apt-get install libgl1 '
            'libglib2.0-0`, or replace opencv-python by '
            'opencv-python-headless with pip.'
        )
        print(f'mmstn: {sentence}', file=sys.stderr)
        raise ImportError(sentence) from error


def register_torchvision_ops() -> None:
    """Let torchvision be imported where its compiled operators do not load.

    A torchvision built for CUDA next to a CPU-only torch stops with "operator
    torchvision::nms does not exist": the two schemas it takes for granted are
    declared here. Calling them still fails, as it should.
    See https://github.com/pytorch/vision/issues/9085.
    """
    spec = importlib.util.find_spec('torchvision')
    if spec is None or hasattr(torch.ops.torchvision, 'nms'):
        return
    folder = spec.submodule_search_locations[0]
    compiled = importlib.machinery.PathFinder.find_spec('_C', [folder])
    try:
        torch.ops.load_library(compiled.origin)
    except (AttributeError, OSError):
        # Kept by the function: the schemas vanish with their library.
        library = torch.library.Library('torchvision', 'DEF')
        for name in ('nms', 'qnms'):
            library.define(
                f'{name}(Tensor dets, Tensor scores, float iou_threshold) '
                '-> Tensor'
            )
        register_torchvision_ops.library = library


def is_installed(package: str) -> bool:
    """Return whether a distribution or a module has this name."""
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        spec = importlib.util.find_spec(package)
        return spec is not None and spec.origin is not None
    return True


def get_installed_path(package: str) -> str:
    """Return the folder of a package, by module or distribution name."""
    modules = {name: module for module, name in MODULE2PACKAGE.items()}
    spec = importlib.util.find_spec(modules.get(package, package))
    if spec is None or spec.origin is None:
        raise importlib.metadata.PackageNotFoundError(package)
    return str(Path(spec.origin).parent)


def find_packages_without_pkg_resources() -> None:
    """Find installed packages without ``pkg_resources``.

    mmengine 0.10.7 imports it when a Runner starts and for `package::config`
    paths; setuptools 81 dropped it. The fork does the same as ours.
    See https://github.com/open-mmlab/mmengine/pull/1676.
    """
    if importlib.util.find_spec('pkg_resources') is not None:
        return
    for function in (is_installed, get_installed_path):
        name = function.__name__
        for module in list(sys.modules.values()):
            package = getattr(module, '__name__', '').partition('.')[0]
            if package == 'mmengine' and hasattr(module, name):
                setattr(module, name, function)


def resolve_own_configs() -> None:
    """Resolve ``_base_ = 'mmstn::...'`` to the configs in the package.

    MMEngine knows a fixed list of packages, wants a folder after ``::`` and a
    model index beside the configs, and marks what it reads with our scope, in
    which a plain ``ResNet`` is unknown. Ours read like a local base instead.
    """
    resolve = Config._get_cfg_path

    @functools.wraps(resolve)
    def _get_cfg_path(cfg_path, filename):
        package, _, name = cfg_path.partition('::')
        if package == 'mmstn':
            if not (CONFIGS / name).is_file():
                known = sorted(path.name for path in CONFIGS.glob('*.py'))
                raise FileNotFoundError(
                    f'{cfg_path} is no config of mmstn; there are '
                    f'{", ".join(known)}'
                )
            return str(CONFIGS / name), None
        return resolve(cfg_path, filename)

    Config._get_cfg_path = staticmethod(_get_cfg_path)


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

    multiarray = np._core.multiarray
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


def check_amp(cfg: Config) -> None:
    """Raise ``ValueError`` where mixed precision is asked of a CPU.

    MMEngine's ``AmpOptimWrapper`` stops at an assertion there.

    Args:
        cfg: The run's config, ``--amp`` already applied.
    """
    wanted = cfg.get('optim_wrapper', {}).get('type') == 'AmpOptimWrapper'
    if wanted and get_device() in ('cpu', 'mps'):
        raise ValueError(
            'optim_wrapper.type is AmpOptimWrapper (--amp), which needs a '
            'GPU, and torch finds none. Leave --amp out, or set '
            "optim_wrapper.type='OptimWrapper'."
        )

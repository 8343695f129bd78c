"""Let OpenCV and torchvision be imported, or say what is missing."""

import re
import sys
from collections.abc import Callable
from types import ModuleType

import torch

from mmstn.compat.imports import ImportMend


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

    A torchvision built for CUDA next to a CPU-only torch, or for another
    torch, stops with "operator torchvision::nms does not exist". Its import
    is watched, and begins anew once it was seen to stop so.
    See https://github.com/pytorch/vision/issues/9085.
    """
    if 'torchvision' not in sys.modules:
        sys.meta_path.insert(0, ImportMend('torchvision', import_torchvision))


def import_torchvision(usual: Callable, module: ModuleType) -> None:
    """Execute torchvision, with its operators declared if it misses them."""
    try:
        usual(module)
    except RuntimeError as error:
        if not re.search(r'torchvision::\w+ does not exist', str(error)):
            raise
        for name in list(sys.modules):  # those imported half
            package, _, part = name.partition('.')
            if part and package == 'torchvision':
                del sys.modules[name]
                vars(module).pop(part, None)
        declare_operators()
        usual(module)


def declare_operators() -> None:
    """Declare the two operators that torchvision takes for granted.

    Only those that no library has registered. Calling them still fails, as
    it should. A fragment, unlike a definition of the whole namespace, lets
    other libraries add theirs.
    """
    # Kept by the function: the schemas vanish with their library.
    library = torch.library.Library('torchvision', 'FRAGMENT')
    declare_operators.library = library
    for name in ('nms', 'qnms'):
        if not hasattr(torch.ops.torchvision, name):
            library.define(
                f'{name}(Tensor dets, Tensor scores, float iou_threshold) '
                '-> Tensor'
            )

"""Let OpenCV and torchvision be imported, or say what is missing."""

import importlib.machinery
import importlib.util
import sys

import torch


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

"""Patches added to pictures at whole pixels, and clutter cut from digits.

Functions as in :mod:`mmstn.datasets.digits.distortion`.
"""

import torch
from torch import Tensor

from mmstn.datasets.digits.draws import to_int, to_other
from mmstn.datasets.digits.mnist import DIGIT_SIDE


def paste(pictures: Tensor, patches: Tensor, corner: Tensor) -> Tensor:
    """Add patches to ``pictures``, which change in place.

    Args:
        pictures: Floating point ``(B, side, side)``.
        patches: ``(B, K, S, S)``, inside the pictures.
        corner: Integers ``(B, K, 2)``, ``x`` and ``y`` of the upper left
            pixel of each.
    """
    steps = torch.arange(patches.shape[-1])
    across, down = (corner.unsqueeze(-1) + steps).unbind(2)  # (B, K, S) each
    cells = down[..., None] * pictures.shape[-1] + across[:, :, None]
    pictures.flatten(1).scatter_add_(
        1, cells.flatten(1), patches.flatten(1).to(pictures.dtype)
    )
    return pictures


def add_clutter(
    images: Tensor, digits: Tensor, indices: Tensor, draws: Tensor, side: int
) -> Tensor:
    """Add small patches of other digits, each anywhere, to ``images``.

    Args:
        images: ``(B, 1, canvas, canvas)``, floating point; changed in place.
        digits: ``(N, 28, 28)``, what the patches are cut from.
        indices: ``(B,)``, which digit is not cut from.
        draws: ``(B, K * 5)``: digit, cut x, y, place x, y of each patch.
        side: Of a patch, in pixels.
    """
    draws = draws.unflatten(1, (-1, 5))
    others = to_other(draws[..., 0], len(digits), indices[:, None])  # (B, K)
    steps = torch.arange(side)
    cut = to_int(draws[..., 1:3, None], DIGIT_SIDE - side + 1) + steps
    patches = digits[
        others[..., None, None], cut[:, :, 1, :, None], cut[:, :, 0, None]
    ]  # (B, K, side, side)
    corner = to_int(draws[..., 3:5], images.shape[-1] - side + 1)
    paste(images.squeeze(1), patches, corner)
    return images

"""Draw where the transformers of a network look."""

import numpy as np
from torch import Tensor, nn

from mmstn.attention.record import record_attention
from mmstn.attention.undisturbed import undisturbed
from mmstn.models.transformer.find import require_transformers
from mmstn.visualization.attention_sheet import attention_sheet


def draw_attention(images: Tensor, model: nn.Module) -> np.ndarray:
    """Draw the region each transformer reads, and its output.

    One column per image: the image with the outline of each transformer,
    below it each output, framed in the colour of its outline; of a
    transformer inside the network the map it reads, beside its output.
    Darkest and brightest of the images become black and white.

    The network is called once, ``model(images)``, in evaluation mode and
    without gradient, and is left as it was.

    >>> trunk = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 32))
    >>> look = mmstn.SpatialTransformer(trunk, mmstn.AffineGrid((14, 14)))
    >>> model = nn.Sequential(look, nn.Flatten(), nn.Linear(14 * 14, 10))
    >>> mmstn.draw_attention(torch.rand(3, 1, 28, 28), model).dtype
    dtype('uint8')

    Args:
        images: What the network takes, ``(B, C, *size)``; a few.
        model: Any network with a ``SpatialTransformer`` in it.

    Returns:
        A contact sheet in RGB, ``(H, W, 3)`` in uint8.

    Raises:
        TypeError: If the images are no such tensor.
        ValueError: If the network has no transformer, or calls none.
    """
    is_tensor = isinstance(images, Tensor) and images.is_floating_point()
    if not is_tensor or images.ndim < 3 or len(images) == 0:
        given = type(images).__name__
        if isinstance(images, Tensor):
            given = f'{images.dtype} {tuple(images.shape)}'
        raise TypeError(
            'draw_attention: images must be a tensor (B, C, *size) of '
            'floating-point numbers as the network takes it, with one image '
            f'at least, but got {given}'
        )
    transformers = require_transformers(
        'draw_attention', model, 'give a network that has one'
    )
    named = {
        name or 'transformer': each for name, each in transformers.items()
    }
    with undisturbed(model), record_attention(named, images) as record:
        model(images)
    if not record.glimpses:
        raise ValueError(
            f'draw_attention: model(images) of the {type(model).__name__} '
            f'called none of its transformers, {", ".join(named)}, so there '
            'is nothing to draw; give the part of the network that calls them'
        )
    preprocessor = getattr(model, 'data_preprocessor', None)
    return attention_sheet(record, [{}] * len(images), preprocessor, None)

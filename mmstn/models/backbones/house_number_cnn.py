"""The house number classifier of Jaderberg et al. 2015, appendix A.5."""

from collections.abc import Sequence

from mmstn.models.backbones.plain_net import PlainNet
from mmstn.registry import MODELS

CHANNELS = (48, 64, 128, 160, 192, 192, 192, 192)
HIDDEN_DIM = 3072


@MODELS.register_module()
class HouseNumberCNN(PlainNet):
    """Eight convolutions of 5x5 cells, four poolings, three full layers.

    Dropout of one half follows every layer but the first. The
    places for transformers inside are ``steps.conv2`` to ``steps.conv8``. A
    ``DigitSequenceHead`` follows. Weights start by He et al. 2015: with
    PyTorch's own start so deep a network of ReLUs hardly learns.

    Args:
        size: ``(H, W)`` of the input, an RGB picture.
    """

    def __init__(self, size: Sequence[int], init_cfg: dict | None = None):
        half = dict(dropout=0.5)
        steps = []
        for index, channels in enumerate(CHANNELS):
            steps.append(dict(conv=channels, kernel=5, pad=2))
            if index % 2 == 0:
                steps.append(dict(pool='max', size=2))
            if index > 0:
                steps.append(half)
        steps += 3 * [dict(fc=HIDDEN_DIM), half]
        he = dict(type='Kaiming', mode='fan_in', layer=['Conv2d', 'Linear'])
        super().__init__(size, steps, 3, init_cfg or he)

"""The house number classifier of Jaderberg et al. 2015, appendix A.5."""

from collections.abc import Sequence

from mmstn.models.backbones.plain_net import PlainNet
from mmstn.registry import MODELS

CHANNELS = (48, 64, 128, 160, 192, 192, 192, 192)
HIDDEN_DIMS = 3072


@MODELS.register_module()
class HouseNumberCNN(PlainNet):
    """Eight 5x5 convolutions, four poolings and three fully connected layers.

    Dropout of 0.5 follows every layer but the first. Transformers inside can
    be inserted before ``steps.conv2`` to ``steps.conv8``. A
    ``DigitSequenceHead`` follows. Weights are initialised as in He et al.
    2015: a net of ReLUs this deep hardly starts to learn otherwise.

    Args:
        size: ``(H, W)`` of the input, an RGB image.
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
        steps += 3 * [dict(fc=HIDDEN_DIMS), half]
        he = dict(type='Kaiming', mode='fan_in', layer=['Conv2d', 'Linear'])
        super().__init__(size, steps, 3, init_cfg or he)

"""The house number classifier of Jaderberg et al. 2015, appendix A.5."""

from collections.abc import Sequence

from mmstn.models.backbones.plain_net import PlainNet
from mmstn.registry import MODELS

FILTERS = (48, 64, 128, 160, 192, 192, 192, 192)
UNITS = 3072


@MODELS.register_module()
class HouseNumberCNN(PlainNet):
    """Eight convolutions of 5x5 cells, four poolings, three full layers.

    Half of the numbers are dropped behind every layer but the first. The
    places for transformers inside are ``steps.conv2`` to ``steps.conv8``. A
    ``DigitSequenceHead`` follows. Weights start as He et al. 2015 have it,
    or so deep a net of ReLUs would hardly start to learn.

    Args:
        size: ``(H, W)`` of the input, an RGB picture.
    """

    def __init__(self, size: Sequence[int], init_cfg: dict | None = None):
        half = dict(dropout=0.5)
        steps = []
        for index, filters in enumerate(FILTERS):
            steps.append(dict(conv=filters, kernel=5, pad=2))
            if index % 2 == 0:
                steps.append(dict(max=2))
            if index > 0:
                steps.append(half)
        steps += 3 * [dict(fc=UNITS), half]
        he = dict(type='Kaiming', mode='fan_in', layer=['Conv2d', 'Linear'])
        super().__init__(size, steps, 3, init_cfg or he)

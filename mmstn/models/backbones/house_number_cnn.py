"""The house number classifier of Jaderberg et al. 2015, appendix A.5."""

from collections.abc import Sequence

from mmstn.models.backbones.plain_net import PlainNet
from mmstn.registry import MODELS

FILTERS = (48, 64, 128, 160, 192, 192, 192, 192)
UNITS = 3072


@MODELS.register_module()
class HouseNumberCNN(PlainNet):
    """Eight convolutions of 5x5 cells, four poolings, three full layers.

    The places for transformers inside are ``steps.conv2`` to ``steps.conv8``.
    A ``DigitSequenceHead`` follows. Weights start as He et al. 2015 have it,
    or so deep a net of ReLUs would hardly start to learn.

    Args:
        size: ``(H, W)`` of the input, an RGB picture.
        width: Share of the paper's filters and units in every layer.
        dropout: Share set to zero in training behind every layer but the
            first; 0 leaves it out.
    """

    def __init__(
        self,
        size: Sequence[int],
        width: float = 1.0,
        dropout: float = 0.5,
        init_cfg: dict | None = None,
    ):
        steps = []
        for index, filters in enumerate(FILTERS):
            conv = dict(conv=round(width * filters), kernel=5, pad=2)
            pool = [dict(max=2)] if index % 2 == 0 else []
            steps += [conv, *pool, dict(dropout=dropout)]
        steps += 3 * [dict(fc=round(width * UNITS)), dict(dropout=dropout)]
        del steps[2]  # none behind the first layer
        if not dropout:
            steps = [step for step in steps if 'dropout' not in step]
        he = dict(type='Kaiming', mode='fan_in', layer=['Conv2d', 'Linear'])
        super().__init__(size, steps, 3, init_cfg or he)

"""The digit classifiers of Jaderberg et al. 2015, appendix A.4.

Each is two of the paper's three weight layers; the third is a
``LinearClsHead`` on ``out_features``.
"""

from collections.abc import Sequence

from mmstn.models.backbones.plain_net import PlainNet
from mmstn.registry import MODELS


@MODELS.register_module()
class DigitFCN(PlainNet):
    """Two fully connected layers.

    Args:
        size: ``(H, W)`` of the input.
        units: Units of each layer.
        shrink: Average 2x2 cells first, as behind a transformer on large
            canvases.
        in_channels: Channels of the input.
    """

    def __init__(
        self,
        size: Sequence[int],
        units: int,
        shrink: bool = False,
        in_channels: int = 1,
        init_cfg: dict | None = None,
    ):
        steps = [dict(fc=units), dict(fc=units)]
        if shrink:
            steps.insert(0, dict(avg=2))
        super().__init__(size, steps, in_channels, init_cfg)


@MODELS.register_module()
class DigitCNN(PlainNet):
    """Convolutions of 9x9 and 7x7 cells, each with 2x2 max pooling.

    Args:
        size: ``(H, W)`` of the input.
        filters: Filters of each layer.
        shrink: Average 2x2 cells first, as behind a transformer on large
            canvases.
        in_channels: Channels of the input.
    """

    def __init__(
        self,
        size: Sequence[int],
        filters: int,
        shrink: bool = False,
        in_channels: int = 1,
        init_cfg: dict | None = None,
    ):
        steps = [
            dict(conv=filters, kernel=9),
            dict(max=2),
            dict(conv=filters, kernel=7),
            dict(max=2),
        ]
        if shrink:
            steps.insert(0, dict(avg=2))
        super().__init__(size, steps, in_channels, init_cfg)

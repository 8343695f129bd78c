"""The digit classifiers of Jaderberg et al. 2015, appendix A.4.

Each is the first two of the paper's three weight layers; the third is a
``LinearClsHead`` on ``out_features``.
"""

from collections.abc import Sequence

from mmstn.models.backbones.plain_net import PlainNet
from mmstn.registry import MODELS


class DigitNet(PlainNet):
    """A ``PlainNet``, optionally behind average pooling of the input."""

    def __init__(
        self,
        size: Sequence[int],
        steps: Sequence[dict],
        downsample: int,
        in_channels: int,
        init_cfg: dict | None,
    ):
        if downsample > 1:
            steps = [dict(pool='avg', size=downsample), *steps]
        super().__init__(size, steps, in_channels, init_cfg)


@MODELS.register_module()
class DigitFCN(DigitNet):
    """Two fully connected layers, each with a ReLU.

    Args:
        size: ``(H, W)`` of the input.
        hidden_dim: Units of each layer.
        downsample: Average this many pixels along each axis first; the paper
            has 2 behind a transformer on large canvases.
        in_channels: Channels of the input.
    """

    def __init__(
        self,
        size: Sequence[int],
        hidden_dim: int,
        downsample: int = 1,
        in_channels: int = 1,
        init_cfg: dict | None = None,
    ):
        steps = [dict(fc=hidden_dim), dict(fc=hidden_dim)]
        super().__init__(size, steps, downsample, in_channels, init_cfg)


@MODELS.register_module()
class DigitCNN(DigitNet):
    """Convolutions of 9x9 and 7x7 cells, each with a ReLU and 2x2 max pooling.

    Args:
        size: ``(H, W)`` of the input.
        channels: Output channels of each convolution.
        downsample: Average this many pixels along each axis first; the paper
            has 2 behind a transformer on large canvases.
        in_channels: Channels of the input.
    """

    def __init__(
        self,
        size: Sequence[int],
        channels: int,
        downsample: int = 1,
        in_channels: int = 1,
        init_cfg: dict | None = None,
    ):
        steps = [
            dict(conv=channels, kernel=9),
            dict(pool='max', size=2),
            dict(conv=channels, kernel=7),
            dict(pool='max', size=2),
        ]
        super().__init__(size, steps, downsample, in_channels, init_cfg)

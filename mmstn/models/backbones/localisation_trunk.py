"""The trunk of a localiser around a large backbone."""

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmstn.models.build import build
from mmstn.models.features import last_of
from mmstn.registry import MODELS


@MODELS.register_module()
class LocalisationTrunk(BaseModule):
    """Reduce a backbone's last feature map to a short vector for a localiser.

    The image may be downsampled first. The map is not pooled: where things
    are stays in it. Source: Jaderberg et al. 2015, section 4.3 and appendix
    A.6: Inception, a 1x1 convolution, one fully connected layer.

    Args:
        backbone: Any backbone that gives a feature map, as a config or a
            module.
        in_channels: Channels of its last map.
        size: ``(H, W)`` of its last map.
        channels: Output channels of the 1x1 convolution, and of the fully
            connected layer after it; the paper has 128.
        downsample: Factor of the average pooling of the image before the
            backbone; 2 halves the resolution.

    Attributes:
        out_features: Length of the output vector.
    """

    def __init__(
        self,
        backbone: dict | nn.Module,
        in_channels: int,
        size: tuple[int, int],
        channels: int = 128,
        downsample: int = 1,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.shape = (in_channels, *size)
        self.out_features = channels
        self.downsample = nn.AvgPool2d(downsample)
        self.backbone = build(backbone)
        self.reduce = nn.Conv2d(in_channels, channels, 1)
        self.fc = nn.Linear(channels * size[0] * size[1], channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, source: Tensor) -> tuple[Tensor]:
        """Return features ``(B, channels)``, a tuple of one.

        Raises:
            ValueError: If the backbone's last map is not of ``in_channels``
                and ``size``.
        """
        features = last_of(self.backbone(self.downsample(source)))
        if features.shape[1:] != self.shape:
            raise ValueError(
                f'LocalisationTrunk: {type(self.backbone).__name__} gives '
                f'{tuple(features.shape)} for a source of size '
                f'{tuple(source.shape[2:])}, but in_channels and size say '
                f'{("B", *self.shape)}; set them to what it gives'
            )
        reduced = self.relu(self.reduce(features))  # (B, channels, h, w)
        return (self.relu(self.fc(reduced.flatten(1))),)

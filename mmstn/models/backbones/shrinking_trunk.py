"""The trunk of a localiser around a large backbone."""

from mmengine.model import BaseModule
from mmpretrain.registry import MODELS as ANY_MODELS
from torch import Tensor, nn

from mmstn.registry import MODELS


@MODELS.register_module()
class ShrinkingTrunk(BaseModule):
    """A backbone on a smaller image, its last map shrunk to a short vector.

    Source: Jaderberg et al. 2015, section 4.3 and appendix A.6: Inception
    without its pooling, 1x1 filters, one fully connected layer. Kept short,
    but with its places, the map says where things are.

    Args:
        backbone: Config of any registered backbone that gives a map.
        in_channels: Channels of its last map.
        size: ``(H, W)`` of its last map.
        width: Filters of the 1x1 convolution and units of the layer after it;
            the paper has 128.
        shrink: Average so many pixels along each axis first; 2 sees half the
            resolution.
    """

    def __init__(
        self,
        backbone: dict,
        in_channels: int,
        size: tuple[int, int],
        width: int = 128,
        shrink: int = 1,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.shape = (in_channels, *size)
        self.shrink = nn.AvgPool2d(shrink)
        self.backbone = ANY_MODELS.build(backbone)
        self.reduce = nn.Conv2d(in_channels, width, 1)
        self.fc = nn.Linear(width * size[0] * size[1], width)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, source: Tensor) -> tuple[Tensor]:
        """Return ``(B, width)``, a tuple of one.

        Raises:
            ValueError: If the backbone's last map is not what was said.
        """
        features = self.backbone(self.shrink(source))[-1]
        if features.shape[1:] != self.shape:
            raise ValueError(
                f'ShrinkingTrunk: {type(self.backbone).__name__} gives '
                f'{tuple(features.shape)} for a source of size '
                f'{tuple(source.shape[2:])}, but in_channels and size say '
                f'{("B", *self.shape)}; set them to what it gives'
            )
        reduced = self.relu(self.reduce(features))  # (B, width, h, w)
        return (self.relu(self.fc(reduced.flatten(1))),)

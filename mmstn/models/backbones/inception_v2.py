"""Inception with batch normalisation."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, Sequential
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from mmstn.registry import MODELS

# Output channels of each branch, first to last layer. Without `one`, the pool
# has no projection, and every branch halves the map.
BLOCKS = OrderedDict(
    inception_3a=dict(one=64, three=(64, 64), five=(64, 96), avg=32),
    inception_3b=dict(one=64, three=(64, 96), five=(64, 96), avg=64),
    inception_3c=dict(three=(128, 160), five=(64, 96)),
    inception_4a=dict(one=224, three=(64, 96), five=(96, 128), avg=128),
    inception_4b=dict(one=192, three=(96, 128), five=(96, 128), avg=128),
    inception_4c=dict(one=160, three=(128, 160), five=(128, 160), avg=128),
    inception_4d=dict(one=96, three=(128, 192), five=(160, 192), avg=128),
    inception_4e=dict(three=(128, 192), five=(192, 256)),
    inception_5a=dict(one=352, three=(192, 320), five=(160, 224), avg=128),
    inception_5b=dict(one=352, three=(192, 320), five=(192, 224), max=128),
)
STAGES = ('', '3a 3b', '3c 4a 4b 4c 4d', '4e 5a 5b')  # blocks of each
SIDE = 32  # what both sides of an image must be a multiple of


def conv(in_channels: int, filters: int, kernel: int, **kwargs) -> ConvModule:
    """Return a convolution that keeps the size, batch norm and a ReLU."""
    return ConvModule(
        in_channels,
        filters,
        kernel,
        padding=kernel // 2,
        norm_cfg=dict(type='BN'),
        **kwargs,
    )


def half() -> nn.MaxPool2d:
    """Return the max pooling that halves an even side."""
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)


class Inception(BaseModule):
    """Concatenate the outputs of parallel branches along the channels.

    Args:
        in_channels: Channels of the map.
        three: Output channels of the 1x1 and the 3x3 layer.
        five: Output channels of the 1x1 layer, and of each of two 3x3 layers,
            which together see 5x5.
        one: Output channels of the 1x1 layer alone; if 0, the block halves
            the map.
        avg: Output channels of the 1x1 layer behind an average pooling.
        max: The same behind a max pooling instead.
    """

    def __init__(
        self,
        in_channels: int,
        three: tuple[int, int],
        five: tuple[int, int],
        one: int = 0,
        avg: int = 0,
        max: int = 0,
    ):
        super().__init__()
        stride = 1 if one else 2
        if one:
            self.one = conv(in_channels, one, 1)
        self.three = Sequential(
            conv(in_channels, three[0], 1),
            conv(three[0], three[1], 3, stride=stride),
        )
        self.five = Sequential(
            conv(in_channels, five[0], 1),
            conv(five[0], five[1], 3),
            conv(five[1], five[1], 3, stride=stride),
        )
        if one:
            pool = nn.AvgPool2d if avg else nn.MaxPool2d
            self.pool = Sequential(
                pool(3, stride=1, padding=1),
                conv(in_channels, avg or max, 1),
            )
        else:
            self.pool = half()
        last = (avg or max) if one else in_channels
        self.out_channels = one + three[1] + five[1] + last

    def forward(self, source: Tensor) -> Tensor:
        """Return ``(B, out_channels, *size)``, or half the size."""
        return torch.cat([b(source) for b in self.children()], dim=1)


@MODELS.register_module()
class InceptionV2(BaseBackbone):
    """BN-Inception: a map of 7x7 with 1024 channels from 224x224 pixels.

    Source: Ioffe and Szegedy 2015, fig. 5, in the version of the widely used
    ImageNet weights, whose block 4c has 608 channels. With those an image is
    BGR in 0..255 less (104, 117, 128). ``tools/convert_inception_v2.py`` makes
    them load. Sides must be multiples of 32.

    Args:
        out_indices: Stages whose maps are returned: 0 to 3 have 192, 320, 608
            and 1024 channels and a quarter, an eighth, a 16th and a 32nd of
            the sides.
        frozen_stages: Number of stages that do not learn, beside the stem; 0
            freezes the stem alone, -1 nothing.
        norm_eval: True to keep the batch statistics of the checkpoint.
        with_cp: True to recompute activations in the backward pass: less
            memory, more time. The running statistics are then updated twice a
            step.
    """

    def __init__(
        self,
        out_indices: Sequence[int] = (3,),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_cp: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(
            init_cfg
            or [
                dict(type='Kaiming', layer=['Conv2d']),
                dict(type='Constant', val=1, layer=['_BatchNorm']),
            ]
        )
        if not out_indices or not set(out_indices) <= set(range(len(STAGES))):
            raise ValueError(
                'InceptionV2: out_indices must name stages 0 to '
                f'{len(STAGES) - 1}, but got {out_indices!r}'
            )
        if frozen_stages not in range(-1, len(STAGES) + 1):
            raise ValueError(
                f'InceptionV2: frozen_stages must be -1 to {len(STAGES)}, but '
                f'got {frozen_stages!r}'
            )
        self.out_indices = tuple(out_indices)
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.with_cp = with_cp
        self.conv1 = conv(3, 64, 7, stride=2)
        first = OrderedDict(
            pool1=half(), conv2_reduce=conv(64, 64, 1), conv2=conv(64, 192, 3)
        )
        self.stages = Sequential(Sequential(first))
        channels = 192
        for names in STAGES[1:]:
            blocks = OrderedDict(pool2=half()) if channels == 192 else {}
            for name in names.split():
                block = Inception(channels, **BLOCKS[f'inception_{name}'])
                blocks[f'inception_{name}'] = block
                channels = block.out_channels
            self.stages.append(Sequential(OrderedDict(blocks)))
        for part in self.frozen():
            part.requires_grad_(False)

    def init_weights(self):
        """Initialise as ``init_cfg`` says.

        Raises:
            FileNotFoundError: If it names weights that are not there.
        """
        cfgs = self.init_cfg
        for cfg in [cfgs] if isinstance(cfgs, dict) else cfgs:
            path = cfg.get('checkpoint', '')
            if path and '://' not in path and not Path(path).is_file():
                raise FileNotFoundError(
                    f'InceptionV2: there are no ImageNet weights at {path}. '
                    'Take the public BN-Inception checkpoint '
                    '(bn_inception-52deb4733.pth) and run: python '
                    'tools/convert_inception_v2.py '
                    f'bn_inception-52deb4733.pth {path}'
                )
        super().init_weights()

    def forward(self, source: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of ``out_indices``, a tuple.

        Raises:
            ValueError: If a side is not a multiple of 32.
        """
        size = tuple(source.shape[2:])
        if any(side % SIDE for side in size):
            raise ValueError(
                f'InceptionV2: both sides must be multiples of {SIDE}, but '
                f'got a source of size {size}'
            )
        features, maps = self.run(self.conv1, source), []
        for index, stage in enumerate(self.stages):
            for block in stage:
                features = self.run(block, features)
            if index in self.out_indices:
                maps.append(features)
        return tuple(maps)

    def run(self, block: nn.Module, features: Tensor) -> Tensor:
        if self.with_cp and self.training and torch.is_grad_enabled():
            return checkpoint(block, features, use_reentrant=False)
        return block(features)

    def frozen(self) -> list[nn.Module]:
        return [self.conv1, *self.stages][: self.frozen_stages + 1]

    def train(self, mode: bool = True):
        """Set the mode; frozen stages stay in evaluation."""
        super().train(mode)
        for part in self.frozen():
            part.eval()
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

"""Small networks written as a list of steps."""

from collections import OrderedDict
from collections.abc import Sequence
from math import prod

from mmengine.model import BaseModule, Sequential
from torch import Tensor, nn

from mmstn.registry import MODELS

CONV = {2: nn.Conv2d, 3: nn.Conv3d}
POOL = {
    ('max', 2): nn.MaxPool2d,
    ('max', 3): nn.MaxPool3d,
    ('avg', 2): nn.AvgPool2d,
    ('avg', 3): nn.AvgPool3d,
}


@MODELS.register_module()
class PlainNet(BaseModule):
    """A list of steps, for every small localiser and classifier.

    Each step is a dict: ``dict(conv=20, kernel=5)`` is 20 filters without
    padding and a ReLU; ``dict(max=2)`` and ``dict(avg=2)`` pool, and a last
    window may hang over the edge (ceil mode); ``dict(fc=32)`` flattens, and is
    linear and a ReLU. Steps are named ``steps.conv1``, ``steps.fc1``, ...
    What the last step gives is flattened, to ``out_features`` numbers.

    Args:
        size: ``(H, W)`` or ``(D, H, W)`` of the input.
        steps: The steps, first to last.
        in_channels: Channels of the input.

    Raises:
        ValueError: If a step is unknown or does not fit what reaches it.
    """

    def __init__(
        self,
        size: Sequence[int],
        steps: Sequence[dict],
        in_channels: int = 1,
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        self.in_shape = shape = (in_channels, *size)
        layers, counts = OrderedDict(), dict(conv=0, max=0, avg=0, fc=0)
        for step in steps:
            kind = next(iter(step), None)
            if kind not in counts:
                raise ValueError(
                    f'PlainNet: a step must begin with {", ".join(counts)}, '
                    f'but got {step}'
                )
            counts[kind] += 1
            name = f'{kind}{counts[kind]}'
            if kind == 'fc' and len(shape) > 1:
                layers['flatten'], shape = nn.Flatten(), (prod(shape),)
            layers[name], shape = LAYER[kind](shape, **step)
            if kind in ('conv', 'fc'):
                layers[f'relu_{name}'] = nn.ReLU(inplace=True)
        if len(shape) > 1:
            layers['flatten'] = nn.Flatten()
        self.steps = Sequential(layers)
        self.out_features = prod(shape)

    def forward(self, source: Tensor) -> tuple[Tensor]:
        """Return the last features ``(B, F)``, a tuple of one.

        Raises:
            ValueError: If the source is not what the net was built for.
        """
        if source.shape[1:] != self.in_shape:
            raise ValueError(
                f'PlainNet: built for sources (B, {self.in_shape}), but got '
                f'{tuple(source.shape)}; set size and in_channels to that'
            )
        return (self.steps(source),)


def conv_layer(shape: tuple, conv: int, kernel: int):
    """Return a convolution and the shape it makes of ``shape``."""
    channels, *size = shape
    if not size or min(size) < kernel:
        raise ValueError(
            f'PlainNet: dict(conv={conv}, kernel={kernel}) does not fit what '
            f'reaches it, of size {tuple(size)}'
        )
    layer = CONV[len(size)](channels, conv, kernel)
    return layer, (conv, *(cells - kernel + 1 for cells in size))


def pool_layer(kind: str, shape: tuple, kernel: int):
    """Return a pooling layer and the shape it makes of ``shape``."""
    channels, *size = shape
    layer = POOL[kind, len(size)](kernel, ceil_mode=True)
    return layer, (channels, *(-(-cells // kernel) for cells in size))


LAYER = dict(
    conv=conv_layer,
    max=lambda shape, max: pool_layer('max', shape, max),
    avg=lambda shape, avg: pool_layer('avg', shape, avg),
    fc=lambda shape, fc: (nn.Linear(*shape, fc), (fc,)),
)

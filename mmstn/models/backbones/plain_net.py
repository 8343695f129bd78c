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

    Each step is a dict: ``dict(conv=20, kernel=5)`` is 20 filters and a ReLU,
    without padding unless ``pad=2`` puts two zeros on each side;
    ``dict(max=2)`` and ``dict(avg=2)`` pool, and a last window may hang over
    the edge (ceil mode); ``dict(fc=32)`` flattens, and is linear and a ReLU;
    ``dict(dropout=0.5)`` sets half of all numbers to zero in training. Steps
    are named ``steps.conv1``, ``steps.fc1``, ... What the last step gives is
    flattened, to ``out_features`` numbers.

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
        if not isinstance(size, (tuple, list)) or len(size) not in CONV:
            raise ValueError(
                'PlainNet: size must be (H, W) or (D, H, W) of the input, '
                f'but got {size!r}'
            )
        self.in_shape = shape = (in_channels, *size)
        layers, counts = OrderedDict(), dict.fromkeys(LAYER, 0)
        for step in steps:
            kind = kind_of(step)
            if min(shape[1:], default=0) < least_side(kind, step, len(size)):
                raise ValueError(
                    f'PlainNet: {step} does not fit what reaches it, of '
                    f'size {shape[1:]}'
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
                f'PlainNet: built for sources {("B", *self.in_shape)}, but '
                f'got {tuple(source.shape)}; set size and in_channels to that'
            )
        return (self.steps(source),)


def kind_of(step: dict) -> str:
    """Return which of the five a step is."""
    known = isinstance(step, dict) and all(
        isinstance(value, float) and 0 < value < 1
        if name == 'dropout'
        else isinstance(value, int) and value > 0
        for name, value in step.items()
    )
    for kind, arguments in ARGUMENTS.items():
        if known and set(step) in arguments:
            return kind
    raise ValueError(
        'PlainNet: a step is dict(conv=filters, kernel=cells), perhaps with '
        'pad=cells, dict(max=cells), dict(avg=cells) or dict(fc=units), in '
        'whole positive numbers, or dict(dropout=share), between 0 and 1, but '
        f'got {step}'
    )


def least_side(kind: str, step: dict, dimensions: int) -> int:
    """Return how many cells what reaches a step must have along each axis."""
    if kind == 'conv':
        return max(1, step['kernel'] - 2 * step.get('pad', 0))
    if kind == 'avg' and dimensions == 3:
        return step['avg']  # AvgPool3d takes no window beyond its input
    return 0 if kind in ('fc', 'dropout') else 1


def conv_layer(shape: tuple, conv: int, kernel: int, pad: int = 0):
    """Return a convolution and the shape it makes of ``shape``."""
    channels, *size = shape
    layer = CONV[len(size)](channels, conv, kernel, padding=pad)
    return layer, (conv, *(cells + 2 * pad - kernel + 1 for cells in size))


def pool_layer(kind: str, shape: tuple, kernel: int):
    """Return a pooling layer and the shape it makes of ``shape``."""
    channels, *size = shape
    layer = POOL[kind, len(size)](kernel, ceil_mode=True)
    return layer, (channels, *(-(-cells // kernel) for cells in size))


ARGUMENTS = dict(
    conv=[{'conv', 'kernel'}, {'conv', 'kernel', 'pad'}],
    max=[{'max'}],
    avg=[{'avg'}],
    fc=[{'fc'}],
    dropout=[{'dropout'}],
)
LAYER = dict(
    conv=conv_layer,
    max=lambda shape, max: pool_layer('max', shape, max),
    avg=lambda shape, avg: pool_layer('avg', shape, avg),
    fc=lambda shape, fc: (nn.Linear(*shape, fc), (fc,)),
    dropout=lambda shape, dropout: (nn.Dropout(dropout), shape),
)

"""Small networks written as a list of steps."""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from math import prod

from mmengine.model import BaseModule, Sequential
from torch import Tensor, nn

from mmstn.registry import MODELS

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
POOL = {
    ('max', 1): nn.MaxPool1d,
    ('max', 2): nn.MaxPool2d,
    ('max', 3): nn.MaxPool3d,
    ('avg', 1): nn.AvgPool1d,
    ('avg', 2): nn.AvgPool2d,
    ('avg', 3): nn.AvgPool3d,
}


@MODELS.register_module()
class PlainNet(BaseModule):
    """Convolutions, pooling and fully connected layers, in the order given.

    For every small localiser and classifier. Each step is a dict:

    - ``dict(conv=20, kernel=5)``: a convolution with 20 output channels, then
      a ReLU; ``pad=2`` adds two zeros on each side, by default none, and
      ``stride=4`` leaves out three of four places.
    - ``dict(pool='max', size=2)`` or ``'avg'``: pooling; a last window may
      hang over the edge (ceil mode).
    - ``dict(fc=32)``: flattens its input; a linear layer and a ReLU.
    - ``dict(dropout=0.5)``: sets half of the values to zero in training.

    Layers are named ``steps.conv1``, ``steps.fc1``, ...; the output of the
    last one is flattened, ``out_features`` long.

    >>> steps = [dict(conv=20, kernel=5), dict(pool='max', size=2)]
    >>> mmstn.PlainNet((28, 28), [*steps, dict(fc=32)]).out_features
    32

    Args:
        size: ``(L,)``, ``(H, W)`` or ``(D, H, W)`` of the input.
        steps: The steps, first to last.
        in_channels: Channels of the input.

    Raises:
        ValueError: If a step is unknown or does not fit its input.
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
                'PlainNet: size must be (L,), (H, W) or (D, H, W) of the '
                f'input, but got {size!r}'
            )
        self.in_shape = shape = (in_channels, *size)
        layers, counts = OrderedDict(), Counter()
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
            layers[name], shape = LAYERS[kind](shape, **step)
            if kind in ('conv', 'fc'):
                layers[f'relu_{name}'] = nn.ReLU(inplace=True)
        if len(shape) > 1:
            layers['flatten'] = nn.Flatten()
        self.steps = Sequential(layers)
        self.out_features = prod(shape)

    def forward(self, source: Tensor) -> tuple[Tensor]:
        """Return the features ``(B, out_features)``, a tuple of one.

        Raises:
            ValueError: If the source has another size or other channels.
        """
        if source.shape[1:] != self.in_shape:
            raise ValueError(
                f'PlainNet: built for sources {("B", *self.in_shape)}, but '
                f'got {tuple(source.shape)}; set size and in_channels to that'
            )
        return (self.steps(source),)


def kind_of(step: dict) -> str:
    """Return which of the four kinds of step this is.

    Raises:
        ValueError: If it is none.
    """
    for kind, forms in ARGUMENTS.items():
        if not isinstance(step, dict) or set(step) not in forms:
            continue
        if all(is_valid(*argument) for argument in step.items()):
            return kind
    raise ValueError(
        'PlainNet: a step is dict(conv=channels, kernel=cells), perhaps with '
        "pad=cells and stride=cells, dict(pool='max' or 'avg', size=cells) "
        'or dict(fc=units), in whole positive numbers, or '
        'dict(dropout=share), between 0 and 1, '
        f'but got {step}'
    )


def is_valid(name: str, value: object) -> bool:
    """Return whether an argument of a step has a value it can have."""
    if name == 'pool':
        return value in ('max', 'avg')
    if name == 'dropout':
        return isinstance(value, float) and 0 < value < 1
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and value > 0


def least_side(kind: str, step: dict, dimensions: int) -> int:
    """Return the cells that a step needs along each axis of its input."""
    if kind == 'conv':
        return max(1, step['kernel'] - 2 * step.get('pad', 0))
    if kind == 'pool' and step['pool'] == 'avg' and dimensions == 3:
        return step['size']  # AvgPool3d takes no window beyond its input
    return 1 if kind == 'pool' else 0


def conv_layer(
    shape: tuple, conv: int, kernel: int, pad: int = 0, stride: int = 1
):
    """Return a convolution and the shape of its output."""
    channels, *size = shape
    layer = CONV[len(size)](channels, conv, kernel, stride, pad)
    room = [cells + 2 * pad - kernel for cells in size]
    return layer, (conv, *(cells // stride + 1 for cells in room))


def pool_layer(shape: tuple, pool: str, size: int):
    """Return a pooling layer and the shape of its output."""
    channels, *cells = shape
    layer = POOL[pool, len(cells)](size, ceil_mode=True)
    return layer, (channels, *(-(-count // size) for count in cells))


def fc_layer(shape: tuple, fc: int):
    """Return a linear layer and the shape of its output."""
    return nn.Linear(*shape, fc), (fc,)


def dropout_layer(shape: tuple, dropout: float):
    """Return a dropout layer and the shape of its output."""
    return nn.Dropout(dropout), shape


LAYERS = dict(
    conv=conv_layer, pool=pool_layer, fc=fc_layer, dropout=dropout_layer
)
MORE = [(), ('pad',), ('stride',), ('pad', 'stride')]
ARGUMENTS = dict(
    conv=[{'conv', 'kernel', *more} for more in MORE],
    pool=[{'pool', 'size'}],
    fc=[{'fc'}],
    dropout=[{'dropout'}],
)

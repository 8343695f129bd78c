"""N parallel transformers, each before a stream of its own."""

import copy

from mmengine.model import ModuleList
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from mmstn.models.backbones.backbone_wrapper import BackboneWrapper
from mmstn.models.build import build
from mmstn.models.features import last_of
from mmstn.registry import MODELS


@MODELS.register_module()
class ParallelSTNBackbone(BackboneWrapper):
    """Crop N parts of the source in parallel, each for a backbone of its own.

    Source: Jaderberg et al. 2015, section 4.3.

    A checkpoint of the bare backbone loads as it is, into every stream. If
    the trunk of the localiser is the same network, or wraps it as
    ``backbone``, the checkpoint loads into that too.

    >>> trunk = mmstn.PlainNet((28, 28), [dict(fc=32)])
    >>> halves = mmstn.TranslationGrid((14, 14), scale=0.5)
    >>> look = mmstn.ParallelSpatialTransformer(2, trunk, halves)
    >>> stream = mmstn.PlainNet((14, 14), [dict(fc=8)])
    >>> net = mmstn.ParallelSTNBackbone(stream, look)
    >>> [maps.shape for maps in net(torch.rand(3, 1, 28, 28))]
    [torch.Size([3, 8]), torch.Size([3, 8])]

    Args:
        backbone: Any backbone of MMPretrain, as a config or a module. Each
            stream gets a copy.
        transformer: Config of a ``mmstn.ParallelSpatialTransformer``, or a
            module.
        shared: True for one network in all streams. It then takes the outputs
            of the transformers one after the other, with batch statistics for
            each.
    """

    own = 'transformer'

    def __init__(
        self,
        backbone: dict | nn.Module,
        transformer: dict | nn.Module,
        shared: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.transformer = build(transformer)
        count = getattr(self.transformer, 'num_transformers', None)
        if count is None:
            raise TypeError(
                'ParallelSTNBackbone: transformer must be a '
                'mmstn.ParallelSpatialTransformer, but got '
                f'{type(self.transformer).__name__}; one transformer before '
                'one backbone is a mmstn.STNBackbone'
            )
        self.streams = ModuleList(
            build(copy.deepcopy(backbone))
            for _ in range(1 if shared else count)
        )

    def forward(self, source: Tensor) -> tuple[Tensor, ...]:
        """Return the last-stage output of each stream, a tuple of N."""
        count = self.transformer.num_transformers
        outputs = self.transformer(source).chunk(count, dim=1)  # (B, C, *out)
        return tuple(
            last_of(self.streams[index % len(self.streams)](output))
            for index, output in enumerate(outputs)
        )

    @property
    def out_indices(self) -> tuple[int, ...]:
        """Indices of the outputs, for MMPretrain's t-SNE tool."""
        return tuple(range(self.transformer.num_transformers))

    def wrapped_names(self) -> list[str]:
        return [f'streams.{index}' for index in range(len(self.streams))]

    def trunk_names(self) -> list[str]:
        """Return the names of localisers' trunks that are the backbone."""
        modules = dict(self.named_modules())
        shapes = weight_shapes(self.streams[0])
        trunks = [
            f'{name}.{trunk}'
            for name, module in modules.items()
            if module in self.transformer.localisers
            for trunk in ('trunk', 'trunk.backbone')
        ]
        return [
            name
            for name in trunks
            if name in modules and weight_shapes(modules[name]) == shapes
        ]


def weight_shapes(module: nn.Module) -> dict[str, tuple[int, ...] | None]:
    """Return the shape of each entry of a module's checkpoint, by name.

    None of what a lazy layer has not made yet.
    """
    return {
        name: None if is_lazy(value) else tuple(value.shape)
        for name, value in module.state_dict().items()
    }

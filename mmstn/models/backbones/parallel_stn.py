"""N parallel transformers, each before a stream of its own."""

from mmengine.model import BaseModule, ModuleList
from mmpretrain.registry import MODELS as ANY_MODELS
from torch import Tensor, nn

from mmstn.registry import MODELS


@MODELS.register_module()
class ParallelSTNBackbone(BaseModule):
    """What each of N parallel transformers sees, through a backbone each.

    Source: Jaderberg et al. 2015, section 4.3.

    A checkpoint of the bare backbone loads as it is, into every stream, and
    into the trunk of the localiser where that is, or wraps as ``backbone``,
    the same network.

    Args:
        backbone: Config of any registered backbone, for every stream.
        transformer: Config of a ``mmstn.ParallelSpatialTransformer``.
        shared: Whether the streams are one network. It then sees them one
            after the other, with batch statistics for each.
    """

    def __init__(
        self,
        backbone: dict,
        transformer: dict,
        shared: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.transformer = ANY_MODELS.build(transformer)
        number = getattr(self.transformer, 'number', None)
        if number is None:
            raise TypeError(
                'ParallelSTNBackbone: transformer must be a '
                'mmstn.ParallelSpatialTransformer, but got '
                f'{type(self.transformer).__name__}; one transformer before '
                'one backbone is a mmstn.STNBackbone'
            )
        self.streams = ModuleList(
            ANY_MODELS.build(backbone) for _ in range(1 if shared else number)
        )

    def forward(self, source: Tensor) -> tuple[Tensor, ...]:
        """Return what the last stage of each stream gives, a tuple of N."""
        number = self.transformer.number
        views = self.transformer(source).chunk(number, dim=1)  # (B, C, *out)
        return tuple(
            self.streams[index % len(self.streams)](view)[-1]
            for index, view in enumerate(views)
        )

    def _load_from_state_dict(self, state_dict, prefix, *args):
        keys = [key for key in state_dict if key.startswith(prefix)]
        if not any(key.startswith(f'{prefix}streams.') for key in keys):
            places = self._places()
            for key in keys:  # of a bare backbone
                name = key.removeprefix(prefix)
                if not name.startswith('transformer.'):
                    value = state_dict.pop(key)
                    for place in places:
                        state_dict[f'{prefix}{place}.{name}'] = value
        super()._load_from_state_dict(state_dict, prefix, *args)

    def _places(self) -> list[str]:
        """Return the names of every module a bare backbone loads into."""
        places = [f'streams.{index}' for index in range(len(self.streams))]
        shapes = weight_shapes(self.streams[0])
        for trunk in (
            'transformer.localisation.trunk',
            'transformer.localisation.trunk.backbone',
        ):
            try:
                module = self.get_submodule(trunk)
            except AttributeError:
                continue
            if weight_shapes(module) == shapes:
                places.append(trunk)
        return places

    @property
    def out_indices(self) -> tuple[int, ...]:
        """Which streams give the features; MMPretrain's t-SNE tool asks."""
        return tuple(range(self.transformer.number))

    @property
    def _checkpoint_filter(self):
        return self.streams[0]._checkpoint_filter

    @property
    def get_layer_depth(self):
        """The backbone's, where it has one; the transformer counts as last."""
        depth = self.streams[0].get_layer_depth

        def get_layer_depth(param_name: str, prefix: str = ''):
            streams = f'{prefix}streams.'
            index = param_name.removeprefix(streams).partition('.')[0]
            return depth(param_name, f'{streams}{index}.')

        return get_layer_depth


def weight_shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Return the shape of everything a module saves, by name."""
    return {
        name: tuple(value.shape) for name, value in module.state_dict().items()
    }

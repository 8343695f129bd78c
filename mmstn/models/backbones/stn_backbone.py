"""Any backbone, with spatial transformers on its input or inside it."""

from collections.abc import Sequence
from functools import partial

from mmengine.model import BaseModule, ModuleList
from mmpretrain.registry import MODELS as ANY_MODELS
from torch import Tensor

from mmstn.models.backbones.places import (
    describe,
    find_place,
    is_map,
    working_places,
)
from mmstn.registry import MODELS


@MODELS.register_module()
class STNBackbone(BaseModule):
    """Any backbone, with spatial transformers on its input or inside it.

    A checkpoint of the bare backbone loads as it is: its keys are taken for
    those of ``backbone``.

    Args:
        backbone: Config of any registered backbone.
        transformers: Config of a transformer, or a list of them, each with an
            optional ``before``: the name of the submodule whose input is
            transformed, such as ``'layer2.0'``. Without it, the input of the
            backbone is. Those at the same place act in the order given.

    Raises:
        ValueError: When built, if a place does not exist; in a forward pass,
            if a place is not called exactly once on one ``(B, C, *size)``.
    """

    def __init__(
        self,
        backbone: dict,
        transformers: dict | Sequence[dict],
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        if isinstance(transformers, dict):
            transformers = [transformers]
        listed = isinstance(transformers, (list, tuple)) and transformers
        if not listed or not all(isinstance(c, dict) for c in transformers):
            raise ValueError(
                'STNBackbone: transformers must be a list of at least one '
                f'config, but got {transformers!r}'
            )
        self.backbone = ANY_MODELS.build(backbone)
        self.transformers = ModuleList()
        self.places = []
        self._received = None  # what each place got in the forward pass
        for index, cfg in enumerate(transformers):
            cfg = dict(cfg)
            place = cfg.pop('before', None)
            if place is not None:
                # a partial of a bound method follows deepcopy and pickle
                find_place(self.backbone, place).register_forward_pre_hook(
                    partial(self._transform, index)
                )
            self.places.append(place)
            self.transformers.append(ANY_MODELS.build(cfg))

    def forward(self, source: Tensor) -> tuple[Tensor, ...]:
        """Return what the backbone returns for the transformed source."""
        for place, transformer in zip(
            self.places, self.transformers, strict=True
        ):
            if place is None:
                source = transformer(source)
        self._received = [[] for _ in self.places]
        try:
            features = self.backbone(source)
            self._check_places(source)
        finally:
            self._received = None
        return features

    def _transform(self, index: int, module, inputs: tuple) -> Tensor | None:
        """Transform the input of a submodule; a forward pre-hook."""
        if self._received is not None:  # else it is recomputed, in a backward
            received = self._received[index]
            received.append('one map' if is_map(inputs) else describe(inputs))
            if received != ['one map']:
                return None  # left as it is; forward says why that cannot be
        return self.transformers[index](*inputs)

    def _check_places(self, source: Tensor) -> None:
        for place, received in zip(self.places, self._received, strict=True):
            if place is None or received == ['one map']:
                continue
            got = ', then '.join(received) or 'no call'
            works = working_places(self.backbone, source, near=place)
            raise ValueError(
                f'STNBackbone: a transformer before {place!r} of '
                f'{type(self.backbone).__name__} needs it to be called once '
                f'in a forward pass, on one (B, C, H, W) or (B, C, D, H, W), '
                f'but it got: {got}. Places that work: {", ".join(works)}'
            )

    def _load_from_state_dict(self, state_dict, prefix, *args):
        keys = [key for key in state_dict if key.startswith(prefix)]
        own = {f'{prefix}backbone.{key}' for key in self.backbone.state_dict()}
        if own.isdisjoint(keys):  # a checkpoint of the bare backbone
            for key in keys:
                name = key.removeprefix(prefix)
                if not name.startswith('transformers.'):
                    value = state_dict.pop(key)
                    state_dict[f'{prefix}backbone.{name}'] = value
        super()._load_from_state_dict(state_dict, prefix, *args)

    @property
    def out_indices(self) -> tuple[int, ...]:
        """Which stages give the features; MMPretrain's t-SNE tool asks."""
        return self.backbone.out_indices

    @property
    def _checkpoint_filter(self):
        return self.backbone._checkpoint_filter

    @property
    def get_layer_depth(self):
        """The backbone's, where it has one; transformers count as last."""
        depth = self.backbone.get_layer_depth

        def get_layer_depth(param_name: str, prefix: str = ''):
            return depth(param_name, f'{prefix}backbone.')

        return get_layer_depth

"""Any backbone, with spatial transformers on its input or inside it."""

import logging
from collections.abc import Sequence
from functools import partial

import torch
from mmengine.logging import print_log
from mmengine.model import ModuleList
from torch import Tensor, nn

from mmstn.models.backbones.backbone_wrapper import BackboneWrapper
from mmstn.models.backbones.insertion import (
    describe,
    find_submodule,
    is_map,
    run_and_find_bypassed,
    working_places,
)
from mmstn.models.build import build
from mmstn.models.thread import COMPILED, this_thread
from mmstn.registry import MODELS


@MODELS.register_module()
class STNBackbone(BackboneWrapper):
    """Insert spatial transformers before or inside any backbone.

    A checkpoint of the bare backbone loads as it is: its keys are mapped to
    ``backbone``.

    >>> trunk = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.LazyLinear(32))
    >>> look = mmstn.SpatialTransformer(trunk, mmstn.AffineGrid((32, 32)))
    >>> resnet = dict(type='ResNet', depth=18)
    >>> inside = dict(before='layer2.0', transformer=look)
    >>> net = mmstn.STNBackbone(resnet, transformers=inside)
    >>> net(torch.rand(2, 3, 128, 128))[0].shape
    torch.Size([2, 512, 4, 4])

    Args:
        backbone: Any backbone of MMPretrain, as a config or a module.
        transformers: Config of a transformer, or a list of them, each with an
            optional ``before``: the name of the submodule whose input is
            transformed, such as ``'layer2.0'``. Without it, the input of the
            backbone is.
            Those at the same place act in the order given. A module stands
            for a config, or in ``dict(before='layer2.0', transformer=it)``.

    Raises:
        ValueError: When built, if a place does not exist; in a forward pass,
            if a place is not called exactly once on one ``(B, C, H, W)`` or
            ``(B, C, D, H, W)``.
    """

    own = 'transformers'

    def __init__(
        self,
        backbone: dict | nn.Module,
        transformers: dict | Sequence[dict | nn.Module],
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        if isinstance(transformers, dict):
            transformers = [transformers]
        listed = isinstance(transformers, (list, tuple)) and transformers
        if not listed or not all(
            isinstance(part, (dict, nn.Module)) for part in transformers
        ):
            raise ValueError(
                'STNBackbone: transformers must be a config, or a list of at '
                f'least one config, but got {transformers!r}'
            )
        self.backbone = build(backbone)
        self.transformers = ModuleList()
        self.places: list[str | None] = []
        self._received = {}  # by thread, what each place got in its pass
        self._is_watched = False  # whether a training pass was
        for part in transformers:
            self._insert(part)

    def _insert(self, part: dict | nn.Module) -> None:
        part = dict(transformer=part) if isinstance(part, nn.Module) else part
        part = dict(part)
        place = part.pop('before', None)
        if place is not None:
            # a partial of a bound method follows deepcopy and pickle
            transform = partial(self._transform, len(self.places))
            submodule = find_submodule(self.backbone, place)
            submodule.register_forward_pre_hook(transform)
        self.places.append(place)
        self.transformers.append(build(part.get('transformer', part)))

    def forward(self, source: Tensor) -> tuple[Tensor, ...]:
        """Return the backbone's output for the transformed source."""
        for index, place in enumerate(self.places):
            if place is None:
                source = self._transform_by(index, source)
        thread = this_thread()
        self._received[thread] = [[] for _ in self.places]
        try:
            if torch.compiler.is_compiling() or self._is_watched:
                features = self.backbone(source)
            elif self.training and torch.is_grad_enabled():
                features = self._run_watched(source)
            else:
                features = self.backbone(source)
            self._check_places(source, self._received[thread])
        finally:
            del self._received[thread]
        return features

    def _transform(self, index: int, module, inputs: tuple) -> Tensor | None:
        """Transform the input of a submodule; a forward pre-hook."""
        compiled = self._received.get(COMPILED)
        by_place = self._received.get(this_thread(), compiled)
        if by_place is not None:  # else a backward recomputes
            received = by_place[index]
            received.append('one map' if is_map(inputs) else describe(inputs))
            if received != ['one map']:
                return None  # left as it is; forward says why that cannot be
        return self._transform_by(index, *inputs)

    def _transform_by(self, index: int, source: Tensor) -> Tensor:
        try:
            return self.transformers[index](source)
        except ValueError as error:
            place = self.places[index]
            where = '' if place is None else f' before {place!r}'
            raise ValueError(
                f'STNBackbone, transformers[{index}]{where}: {error}'
            ) from error

    def _check_places(self, source: Tensor, by_place: list) -> None:
        for place, received in zip(self.places, by_place, strict=True):
            if place is None or received == ['one map']:
                continue
            got = ', then '.join(received) or 'no call'
            works = working_places(self.backbone, source, near=place)
            raise ValueError(
                f'STNBackbone: a transformer before {place!r} of '
                f'{type(self.backbone).__name__} needs it to be called once '
                f'in a forward pass, on one (B, C, H, W) or (B, C, D, H, W), '
                f'but it got: {got}. Places that work: '
                f'{", ".join(works) or "none"}'
            )

    def _run_watched(self, source: Tensor) -> tuple[Tensor, ...]:
        """Run the backbone; warn of each transformer that is bypassed."""
        self._is_watched = True
        inside = {
            index: self.transformers[index]
            for index, place in enumerate(self.places)
            if place is not None
        }
        if not inside:
            return self.backbone(source)
        features, bypassed = run_and_find_bypassed(
            self.backbone, source, inside
        )
        for index in bypassed:
            place = self.places[index]
            works = working_places(self.backbone, source, near=place)
            print_log(
                f'STNBackbone: the transformer before {place!r} of '
                f'{type(self.backbone).__name__} is bypassed: the output '
                'also depends on the source by another path, such as a skip '
                'connection, with which what was moved no longer aligns; name '
                f'a submodule that all paths go through: {", ".join(works)}',
                'current',
                logging.WARNING,
            )
        return features

    @property
    def out_indices(self) -> tuple[int, ...]:
        """Indices of the output stages, for MMPretrain's t-SNE tool."""
        return self.backbone.out_indices

    def wrapped_names(self) -> list[str]:
        return ['backbone']

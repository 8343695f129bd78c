"""Part 1 of the spatial transformer: from the source to theta."""

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule, PretrainedInit
from mmpretrain.registry import MODELS as ANY_MODELS
from torch import Tensor, nn

from mmstn.geometry.sampling import is_number
from mmstn.registry import MODELS


@MODELS.register_module()
class Localisation(BaseModule):
    """Any network, ended by one linear layer that starts at a known place.

    The linear layer runs in float32 under autocast: near 1, bfloat16 steps by
    half a pixel at a width of 128.

    Args:
        trunk: Config of a network returning a tuple of features, as every
            MMPretrain backbone does. The last one is flattened.
        in_features: Length of that flattened feature.
        start: The ``P`` parameters given for every input before training.
    """

    def __init__(
        self,
        trunk: dict,
        in_features: int | None = None,
        start: Sequence[float] = (),
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        self.start = tuple(start)
        if not self.start or not all(map(is_number, self.start)):
            raise ValueError(
                'Localisation: start must be finite numbers, but got '
                f'{start!r}'
            )
        self.trunk = ANY_MODELS.build(trunk)
        if in_features is None:
            in_features = getattr(self.trunk, 'out_features', None)
        if not isinstance(in_features, int) or in_features < 1:
            raise ValueError(
                'Localisation: in_features must be a whole number from 1 on, '
                f'but got {in_features!r}'
            )
        given = getattr(self.trunk, 'out_features', in_features)
        if given != in_features:  # a PlainNet knows
            raise ValueError(
                f'Localisation: in_features={in_features}, but the trunk '
                f'gives {given}; set in_features to that'
            )
        self.regressor = nn.Linear(in_features, len(self.start))
        self.go_to_start()

    def init_weights(self):
        first = not self.is_init
        super().init_weights()
        if first and not self.is_pretrained():
            self.go_to_start()  # an ancestor's init_cfg may have reached us

    def is_pretrained(self) -> bool:
        """Whether ``init_cfg`` loads this module's own weights."""
        cfgs = self.init_cfg or []
        cfgs = [cfgs] if isinstance(cfgs, dict) else cfgs
        return any(
            cfg['type'] in ('Pretrained', PretrainedInit) for cfg in cfgs
        )

    @torch.no_grad()
    def go_to_start(self):
        self.regressor.weight.zero_()
        self.regressor.bias.copy_(torch.tensor(self.start))

    def forward(self, source: Tensor) -> Tensor:
        """Return theta ``(B, P)`` for a source ``(B, C, *size)``.

        Raises:
            TypeError: If the trunk does not return a tuple.
            ValueError: If ``in_features`` does not fit what it returns.
        """
        features = self.trunk(source)
        if not isinstance(features, (tuple, list)):
            raise TypeError(
                f'Localisation: trunk {type(self.trunk).__name__} must return '
                'a tuple of features, as MMPretrain backbones do, but gave '
                f'{type(features).__name__}'
            )
        features = features[-1].flatten(1)  # (B, F)
        if features.shape[1] != self.regressor.in_features:
            raise ValueError(
                f'Localisation: in_features={self.regressor.in_features}, but '
                f'the trunk gives {features.shape[1]} for a source of size '
                f'{tuple(source.shape[2:])}; set in_features to that'
            )
        with torch.autocast(source.device.type, enabled=False):
            return self.regressor(features.to(self.regressor.weight.dtype))

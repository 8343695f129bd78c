"""Part 1 of the spatial transformer: from the source to theta."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseModule, PretrainedInit
from torch import Tensor, nn

from mmstn.checks import check_count, is_finite_number
from mmstn.models.build import build
from mmstn.models.features import last_of
from mmstn.registry import MODELS


@MODELS.register_module()
class Localisation(BaseModule):
    """Regress theta by any network and a linear layer with a given start.

    The linear layer runs in float32 under autocast: near 1, bfloat16 steps by
    half a pixel at a width of 128.

    >>> trunk = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 32))
    >>> part = mmstn.Localisation(trunk, start=(1, 0, 0), in_features=32)
    >>> part(torch.rand(2, 1, 28, 28)).tolist()
    [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]

    Args:
        trunk: A network returning features, a tensor ``(B, ...)`` or a tuple
            of them, as every MMPretrain backbone does, of which the last one
            counts; a config or a module. It is flattened.
        start: The ``P`` parameters given for every input before training.
        in_features: Length of the flattened feature. By default the trunk's
            ``out_features``, which a ``mmstn.PlainNet`` has.
    """

    def __init__(
        self,
        trunk: dict | nn.Module,
        start: Sequence[float],
        in_features: int | None = None,
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        if len(start) == 0 or not all(map(is_finite_number, start)):
            raise ValueError(
                'Localisation: start must be finite numbers, but got '
                f'{start!r}'
            )
        self.start = tuple(map(float, start))
        self.trunk = build(trunk)
        self.regressor = self.make_regressor(in_features)
        self.go_to_start()

    def make_regressor(self, in_features: int | None) -> nn.Linear:
        """Return the linear layer behind the trunk."""
        in_features = self.find_in_features(in_features)
        return nn.Linear(in_features, len(self.first_outputs()))

    def find_in_features(self, given: int | None) -> int:
        """Return the length of the trunk's last feature, flattened."""
        known: Any = getattr(self.trunk, 'out_features', None)
        if given is not None:
            check_count('Localisation', 'in_features', given)
        if known is None and given is None:
            raise ValueError(
                f'Localisation: in_features is missing, and trunk '
                f'{type(self.trunk).__name__} has no out_features to tell; '
                'set in_features to the length of its last feature, flattened'
            )
        if given is not None and known not in (None, given):
            raise ValueError(
                f'Localisation: in_features={given}, but the trunk gives '
                f'{known}; set in_features to that'
            )
        return known if given is None else given

    def init_weights(self):
        first = not self.is_init
        super().init_weights()
        if first and not self.is_pretrained():
            self.go_to_start()  # an ancestor's init_cfg may have reached us

    def is_pretrained(self) -> bool:
        """True if ``init_cfg`` loads this module's own weights."""
        cfgs = self.init_cfg or []
        cfgs = [cfgs] if isinstance(cfgs, dict) else cfgs
        return any(
            cfg['type'] in ('Pretrained', PretrainedInit) for cfg in cfgs
        )

    @torch.no_grad()
    def go_to_start(self):
        self.regressor.weight.zero_()
        self.regressor.bias.copy_(torch.tensor(self.first_outputs()))

    def first_outputs(self) -> tuple[float, ...]:
        """Return the regressor's outputs before training."""
        return self.start

    def forward(self, source: Tensor) -> Tensor:
        """Return theta ``(B, P)`` for a source ``(B, C, *size)``.

        Raises:
            TypeError: If the trunk does not return features.
            ValueError: If ``in_features`` does not fit what it returns, or
                the trunk does not take the source.
        """
        return self.regress(self.features(source), source)

    def features(self, source: Tensor) -> Tensor:
        """Return the trunk's last feature of a source, flattened."""
        try:
            features = self.trunk(source)
        except ValueError as error:
            raise ValueError(f'Localisation, trunk: {error}') from error
        return self.flatten(features)

    def flatten(self, features: object) -> Tensor:
        """Return the last feature of the trunk, flattened, ``(B, F)``."""
        features = last_of(features)
        if not isinstance(features, Tensor) or features.ndim < 2:
            given = type(features).__name__
            if isinstance(features, Tensor):
                given = f'a tensor {tuple(features.shape)}'
            raise TypeError(
                f'Localisation: trunk {type(self.trunk).__name__} must return '
                'features, a tensor (B, ...) or a tuple of them, but gave '
                f'{given}'
            )
        return features.flatten(1)

    def regress(self, features: Tensor, source: Tensor) -> Tensor:
        """Return theta ``(B, P)`` for flattened ``features (B, F)``."""
        self.check_length(features, self.regressor.in_features, source)
        with torch.autocast(source.device.type, enabled=False):
            return self.regressor(features.to(self.regressor.weight.dtype))

    def check_length(
        self, features: Tensor, expected: int, source: Tensor
    ) -> None:
        """Raise a ValueError unless features are ``expected`` long."""
        if features.shape[1] != expected:
            raise ValueError(
                f'Localisation: in_features={expected}, but '
                f'the trunk gives {features.shape[1]} for a source of size '
                f'{tuple(source.shape[2:])}; set in_features to that'
            )

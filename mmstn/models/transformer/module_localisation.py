"""Part 1 of the spatial transformer, from any plain module."""

import logging
from collections.abc import Sequence

import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from mmstn.models.transformer.localisation import Localisation


class ModuleLocalisation(Localisation):
    """Give theta by a module that returns theta, or features for it.

    What it returns in the first pass decides, or a checkpoint before that. A
    tensor ``(B, P)`` is theta, and so is the matrix of an affine map,
    ``(B, 2, 3)``, or ``(B, N, P)`` of N parallel transformers; where theta
    starts is up to the module. Everything else is features, a tensor
    ``(B, ...)`` or a tuple of which the last one counts: a linear layer behind
    them starts at ``start``.

    The layer is lazy unless the module has ``out_features``: pass a batch
    before what reads every parameter, such as DDP or ``init_weights``.

    Args:
        module: The module.
        start: The ``P`` parameters given for every input before training.
    """

    gives_theta: bool | None = None  # until the first pass, or a checkpoint

    def __init__(self, module: nn.Module, start: Sequence[float]):
        super().__init__(module, start)

    def make_regressor(self, in_features: int | None) -> nn.Linear:
        """Return the linear layer, lazy unless the module tells its length."""
        if hasattr(self.trunk, 'out_features'):
            return super().make_regressor(in_features)
        return nn.LazyLinear(len(self.start))

    def go_to_start(self):
        if not self.gives_theta and not isinstance(
            self.regressor, nn.LazyLinear
        ):
            super().go_to_start()

    def init_weights(self):
        super().init_weights()
        layer = getattr(self, 'regressor', None)
        is_lazy = isinstance(layer, nn.LazyLinear)
        if is_lazy and layer.has_uninitialized_params():
            raise ValueError(
                'SpatialTransformer: localisation '
                f'{type(self.trunk).__name__} does not tell how long its '
                'features are, as by out_features, and no batch told it; give '
                'localisation=dict(trunk=it, in_features=...), or pass a '
                'batch before init_weights'
            )

    def forward(self, source: Tensor) -> Tensor:
        """Return theta ``(B, P)`` for a source ``(B, C, *size)``.

        Raises:
            TypeError: If the module returns neither theta nor features.
            ValueError: If the features are longer or shorter than those that
                the linear layer was made for.
        """
        output = self.trunk(source)
        if self.gives_theta is None:
            self.decide(output)
        if self.gives_theta:
            return output.flatten(1)
        features = self.flatten(output)
        if isinstance(self.regressor, nn.LazyLinear):
            self.materialise(self.regressor, features)
        return self.regress(features, source)

    def is_theta(self, output: object) -> bool:
        """True for a tensor ``(B, P)``, or ``(B, n, P / n)``."""
        return (
            isinstance(output, Tensor)
            and output.ndim in (2, 3)
            and output.shape[1:].numel() == len(self.start)
        )

    def decide(self, output: object) -> None:
        """Take the module's output as theta or as features from now on."""
        if self.is_theta(output):
            self.drop_regressor()
            return
        self.gives_theta = False
        length = len(self.start)
        if not isinstance(output, Tensor) or output.ndim != 2:
            return
        if output.shape[1] <= 2 * length:  # theta of another grid?
            print_log(
                f'SpatialTransformer: localisation {type(self.trunk).__name__}'
                f' returns (B, {output.shape[1]}), which is not theta '
                f'(B, {length}): taken as features, with a linear layer '
                'behind',
                'current',
                logging.WARNING,
            )

    def drop_regressor(self):
        self.gives_theta = True
        del self.regressor

    @torch.inference_mode(False)
    @torch.no_grad()
    def materialise(self, layer: nn.LazyLinear, features: Tensor) -> None:
        """Give the linear layer its length, unless a checkpoint did."""
        is_fresh, weight = layer.has_uninitialized_params(), layer.weight
        length = (features if is_fresh else weight).shape[1]
        layer(torch.zeros(1, length, dtype=weight.dtype, device=weight.device))
        if is_fresh:
            self.go_to_start()

    def check_length(
        self, features: Tensor, expected: int, source: Tensor
    ) -> None:
        if features.shape[1] != expected:
            raise ValueError(
                f'SpatialTransformer: localisation {type(self.trunk).__name__}'
                f' gives {features.shape[1]} features for a source of size '
                f'{tuple(source.shape[2:])}, but the linear layer behind it, '
                f'of the first pass or a checkpoint, takes {expected}; keep '
                'to sources of one size, or let it end in a pooling to a '
                'fixed size, such as nn.AdaptiveAvgPool2d'
            )

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if self.gives_theta:
            destination[f'{prefix}gives_theta'] = torch.tensor(True)

    def _load_from_state_dict(self, state_dict, prefix, *args):
        mark = f'{prefix}gives_theta'
        if self.gives_theta is None and mark in state_dict:
            self.drop_regressor()
        elif self.gives_theta is None:
            has_layer = f'{prefix}regressor.weight' in state_dict
            self.gives_theta = False if has_layer else None
        if self.gives_theta:  # else the mark is an unexpected key
            state_dict = {k: v for k, v in state_dict.items() if k != mark}
        super()._load_from_state_dict(state_dict, prefix, *args)

"""A localiser with a memory: one theta after another."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmstn.checks import check_count
from mmstn.models.transformer.localisation import Localisation
from mmstn.registry import MODELS


@MODELS.register_module()
class RecurrentLocalisation(Localisation):
    """Regress one theta after another by a recurrent network.

    Source: Sonderby et al. 2015 (RNN-SPN). The features of the source go into
    a gated recurrent unit at each of N steps, and a linear layer behind it
    adds to the start of that step. The thetas, ``(B, N * P)``, are those of a
    ``mmstn.ParallelSpatialTransformer``, which reads them as it reads any.

    With one step it also follows things over time: :meth:`step` takes the
    state of the step before.

    >>> trunk = mmstn.PlainNet((28, 28), [dict(fc=32)])
    >>> part = mmstn.RecurrentLocalisation(trunk, (0.5, 0, 0) * 3, num_steps=3)
    >>> part(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 9])

    Args:
        trunk: As in :class:`Localisation`.
        start: The ``N * P`` parameters given for every input before training.
        in_features: As in :class:`Localisation`.
        num_steps: The steps ``N``.
        hidden_dim: Length of the state.
    """

    def __init__(
        self,
        trunk: dict | nn.Module,
        start: Sequence[float],
        in_features: int | None = None,
        num_steps: int = 1,
        hidden_dim: int = 256,
        init_cfg: dict | None = None,
    ):
        check_count('RecurrentLocalisation', 'num_steps', num_steps)
        check_count('RecurrentLocalisation', 'hidden_dim', hidden_dim)
        if len(start) % num_steps:
            raise ValueError(
                f'RecurrentLocalisation: num_steps={num_steps} does not '
                f'divide the {len(start)} numbers of start; set it to the '
                'num_transformers of the transformer'
            )
        self.num_steps = num_steps
        self.hidden_dim = hidden_dim
        super().__init__(trunk, start, in_features, init_cfg)
        in_features = self.find_in_features(in_features)
        self.memory = nn.GRUCell(in_features, hidden_dim)

    def make_regressor(self, in_features: int | None) -> nn.Linear:
        """Return the linear layer behind the state."""
        return nn.Linear(self.hidden_dim, len(self.first_outputs()))

    def first_outputs(self) -> tuple[float, ...]:
        """Return the regressor's outputs before training, those of a step."""
        return (0.0,) * (len(self.start) // self.num_steps)

    def forward(self, source: Tensor) -> Tensor:
        """Return theta ``(B, N * P)`` for a source ``(B, C, *size)``."""
        features = self.features(source)
        state, updates = None, []
        for _ in range(self.num_steps):
            state = self.remember(features, state, source)
            updates.append(self.regress(state, source))
        update = torch.cat(updates, dim=1)  # (B, N * P)
        return update.new_tensor(self.start) + update

    def step(
        self, source: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the theta ``(B, P)`` of one step, and the state after it.

        Args:
            source: ``(B, C, *size)``, of this step.
            state: ``(B, hidden_dim)`` after the step before; None at first.
        """
        if self.num_steps > 1:
            raise ValueError(
                'RecurrentLocalisation: step by step it gives one theta a '
                f'step, but start has those of num_steps={self.num_steps}; '
                'give it one, and leave num_steps out'
            )
        state = self.remember(self.features(source), state, source)
        update = self.regress(state, source)
        return update.new_tensor(self.start) + update, state

    def remember(
        self, features: Tensor, state: Tensor | None, source: Tensor
    ) -> Tensor:
        """Return the state after ``features (B, F)``, in float32."""
        self.check_length(features, self.memory.input_size, source)
        with torch.autocast(source.device.type, enabled=False):
            return self.memory(features.to(self.memory.weight_ih.dtype), state)

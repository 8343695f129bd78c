"""A localiser that gives a normal distribution of theta, and draws from it."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import log
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mmstn.checks import is_finite_number
from mmstn.models.thread import COMPILED, this_thread
from mmstn.models.transformer.localisation import Localisation
from mmstn.models.transformer.spatial_transformer import SpatialTransformer
from mmstn.registry import MODELS


class Posterior(NamedTuple):
    """Independent normal distributions of the numbers of theta.

    Args:
        mean: ``(B, P)``, of N parallel transformers ``(B, N * P)``.
        log_variance: Of the same shape.
    """

    mean: Tensor
    log_variance: Tensor

    def draw(self, noise: Tensor) -> Tensor:
        """Return the theta that is ``noise`` deviations from the mean.

        Args:
            noise: ``(B, P)``, or ``(P,)`` for every sample the same.
        """
        deviation = (self.log_variance / 2).exp()
        return self.mean + deviation * noise.to(deviation)


@MODELS.register_module()
class ProbabilisticLocalisation(Localisation):
    """Regress the mean and the variance of theta, and draw theta.

    In training theta is drawn once a pass, with a gradient to both (the
    reparameterisation of Kingma and Welling 2014); in evaluation it is the
    mean. ``mmstn.STNClassifier(num_draws=10)`` also draws in prediction, and
    ``mmstn.PosteriorLoss`` keeps the variance from vanishing. Serves any
    family, and parallel transformers.

    Source: Schwoebel et al. 2022, with a normal distribution.

    Args:
        trunk: Of both, as in :class:`Localisation`.
        start: The mean given for every input before training.
        in_features: As in :class:`Localisation`.
        deviation: The standard deviation of each number of theta before
            training, in its unit: 0.1 moves the centre by a twentieth of the
            source.

    Attributes:
        posterior: The ``Posterior`` of the last forward pass, or None.
    """

    def __init__(
        self,
        trunk: dict | nn.Module,
        start: Sequence[float],
        in_features: int | None = None,
        deviation: float = 0.1,
        init_cfg: dict | None = None,
    ):
        if not is_finite_number(deviation) or deviation <= 0:
            raise ValueError(
                'ProbabilisticLocalisation: deviation must be a positive '
                f'number, but got {deviation!r}; for a theta that is not '
                "drawn use type='mmstn.Localisation'"
            )
        self.deviation = deviation
        super().__init__(trunk, start, in_features, init_cfg)
        self.posterior: Posterior | None = None
        self.noise: dict[int, Tensor] = {}  # (P,), by thread, of a prediction

    def first_outputs(self) -> tuple[float, ...]:
        log_variances = (2 * log(self.deviation),) * len(self.start)
        return (*self.start, *log_variances)

    def forward(self, source: Tensor) -> Tensor:
        """Return theta ``(B, P)`` for a source ``(B, C, *size)``."""
        outputs = super().forward(source)  # (B, 2 * P)
        posterior = Posterior(*outputs.chunk(2, dim=1))
        self.posterior = posterior
        if self.training:
            return posterior.draw(torch.randn_like(posterior.mean))
        noise = self.noise.get(this_thread())
        return posterior.mean if noise is None else posterior.draw(noise)

    def __getstate__(self) -> dict:
        # a copy starts without: a tensor with a history cannot be copied
        return {**self.__dict__, 'posterior': None, 'noise': {}}


def normal_noise(key: Sequence[int], length: int) -> Tensor:
    """Draw standard normal numbers, ``(length,)``, that depend on the key.

    Args:
        key: Integers from 0.
        length: How many.
    """
    generator = random.Random(repr(tuple(key)))  # hashed, the same anywhere
    draws = [generator.gauss(0, 1) for _ in range(length)]
    return torch.tensor(draws, dtype=torch.float64)


@contextmanager
def drawing(
    localisers: Sequence[ProbabilisticLocalisation], key: Sequence[int]
) -> Iterator[None]:
    """Within, localisers in evaluation draw, in this thread, not the mean.

    A draw depends on the key and the localiser's place in the sequence. It is
    as many deviations from the mean for every sample, so that a prediction
    does not depend on what else is in the batch.

    Args:
        localisers: Of one network.
        key: Integers from 0.
    """
    threads = (this_thread(), COMPILED)
    for place, localiser in enumerate(localisers):
        noise = normal_noise((*key, place), len(localiser.start))
        localiser.noise.update(dict.fromkeys(threads, noise))
    try:
        yield
    finally:
        for localiser in localisers:
            for thread in threads:
                localiser.noise.pop(thread, None)


def is_drawing(transformer: nn.Module) -> bool:
    """Return whether a transformer is within :func:`drawing`."""
    own = transformer.localisation
    if not isinstance(own, ProbabilisticLocalisation):
        return False
    return this_thread() in own.noise


def some_draws(
    transformer: SpatialTransformer, theta: Tensor, count: int = 6
) -> Tensor | None:
    """Return a few draws from the posterior of theta, always the same ones.

    Args:
        transformer: Just after a pass.
        theta: ``(B, [N,] P)``, what it read by.
        count: Of the draws.

    Returns:
        ``(B, [N,] count, P)``. None if the localiser has no posterior, or
        theta is not its mean, as while it is drawn.
    """
    posterior = transformer.posterior
    if posterior is None:
        return None
    mean, log_variance = (
        part.detach().to(theta).reshape(theta.shape) for part in posterior
    )
    if not torch.equal(mean, theta):
        return None
    noise = normal_noise((0,), count * theta[0].numel())
    noise = noise.view(*theta.shape[1:-1], count, theta.shape[-1])
    rows = Posterior(mean.unsqueeze(-2), log_variance.unsqueeze(-2))
    return rows.draw(noise)

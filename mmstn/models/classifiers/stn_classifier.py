"""MMPretrain's classifier, with losses on theta, and draws of theta."""

from collections.abc import Sequence
from functools import partial

import torch
from mmpretrain.models import ImageClassifier
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from mmstn.checks import check_count
from mmstn.models.classifiers.average import average_predictions
from mmstn.models.losses.theta_loss import build_theta_losses
from mmstn.models.transformer.find import (
    Reading,
    require_transformers,
    without_steps,
)
from mmstn.models.transformer.probabilistic import (
    ProbabilisticLocalisation,
    drawing,
)
from mmstn.models.transformer.spatial_transformer import SpatialTransformer
from mmstn.registry import MODELS


@MODELS.register_module()
class STNClassifier(ImageClassifier):
    """MMPretrain's classifier, with losses on theta, and draws of theta.

    ::

        model = dict(
            type='mmstn.STNClassifier',
            theta_losses=[dict(type='mmstn.ConsistencyLoss')])

    >>> trunk = mmstn.PlainNet((28, 28), [dict(fc=32)])
    >>> look = mmstn.SpatialTransformer(trunk, mmstn.AffineGrid((14, 14)))
    >>> net = mmstn.PlainNet((14, 14), [dict(fc=8)])
    >>> model = mmstn.STNClassifier(
    ...     mmstn.STNBackbone(net, [look]),
    ...     head=dict(type='LinearClsHead', num_classes=10, in_channels=8),
    ...     theta_losses=[dict(type='mmstn.ConsistencyLoss')])
    >>> model(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 10])

    Each loss is added under its name to those of the head. Whatever is
    predicted is the same as without.

    With ``num_draws`` a prediction is the mean of the probabilities over
    draws of theta by each ``mmstn.ProbabilisticLocalisation``. A draw depends
    on ``seed`` and its number alone: not on the batch, nor on any global
    generator, which are left as they are. A last pass by the mean of theta is
    for those that watch the transformers, and does not count.

    Args:
        theta_losses: Configs or modules. A loss has a ``name`` and is called
            with the ``Reading`` of each transformer.
        num_draws: Draws of theta for a prediction. By default it is made by
            the mean of theta.
        seed: An integer from 0, where the draws start.
        **kwargs: Of MMPretrain's ``ImageClassifier``.

    Raises:
        ValueError: If there are losses but no transformer, two losses of one
            name, or draws but nothing that draws.
    """

    def __init__(
        self,
        *args,
        theta_losses: Sequence[dict | nn.Module] = (),
        num_draws: int | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.num_draws = num_draws
        self.seed = seed
        if num_draws is not None:
            check_draws(num_draws, seed, self.drawn_localisers())
        self.theta_losses = build_theta_losses('STNClassifier', theta_losses)
        self._readings = None  # a list within a pass that computes losses
        if self.theta_losses:
            transformers = require_transformers(
                'STNClassifier', self, 'leave out theta_losses'
            )
            for name, transformer in transformers.items():
                # a partial of a bound method follows deepcopy and pickle
                transformer.sampler.register_forward_hook(
                    partial(self._collect, name, transformer)
                )

    def _collect(
        self,
        name: str,
        transformer: SpatialTransformer,
        sampler: nn.Module,
        inputs: tuple,
        output: Tensor,
    ) -> None:
        """Keep the inputs of a sampler; a forward hook."""
        if self._readings is None:  # a prediction, or a recomputation
            return
        source, family, theta = inputs
        posterior = transformer.posterior
        reading = Reading(name, transformer, family, theta, source, posterior)
        self._readings = [*without_steps(self._readings, reading), reading]

    def loss(
        self, inputs: Tensor, data_samples: list[DataSample]
    ) -> dict[str, Tensor]:
        """Return the losses of the head, and those on theta by their names."""
        if not self.theta_losses:
            return super().loss(inputs, data_samples)
        self._readings = []
        try:
            losses = super().loss(inputs, data_samples)
            readings = self._readings
        finally:
            self._readings = None
        check_readings(readings)
        taken = [
            loss.name for loss in self.theta_losses if loss.name in losses
        ]
        if taken:
            raise ValueError(
                f'STNClassifier: the head has a loss {taken[0]} too; give '
                'that of theta_losses another name'
            )
        for loss in self.theta_losses:
            losses[loss.name] = loss(readings)
        return losses

    def predict(
        self,
        inputs: Tensor,
        data_samples: list[DataSample] | None = None,
        **kwargs,
    ) -> list[DataSample]:
        """Return the data samples with the predictions of the head."""
        localisers = self.drawn_localisers()
        draws = []
        for index in range(self.num_draws or 0):
            with drawing(localisers, (self.seed, index)):
                draws.append(super().predict(inputs, None, **kwargs))
        predictions = super().predict(inputs, data_samples, **kwargs)
        if draws:
            average_predictions(predictions, draws, self.head)
        return predictions

    def drawn_localisers(self) -> list[ProbabilisticLocalisation]:
        """Return the localisers that draw theta."""
        return [
            module
            for module in self.modules()
            if isinstance(module, ProbabilisticLocalisation)
        ]


def check_draws(
    num_draws: int,
    seed: int,
    localisers: Sequence[ProbabilisticLocalisation],
) -> None:
    """Raise a ValueError if predictions cannot be drawn so."""
    check_count('STNClassifier', 'num_draws', num_draws)
    if type(seed) is not int or seed < 0:
        raise ValueError(
            f'STNClassifier: seed must be an integer from 0, but got {seed!r}'
        )
    if not localisers:
        raise ValueError(
            f'STNClassifier: num_draws={num_draws}, but no localiser draws '
            'theta; give a transformer '
            "localisation=dict(type='mmstn.ProbabilisticLocalisation', ...), "
            'or leave out num_draws'
        )


def check_readings(readings: Sequence[Reading]) -> None:
    """Raise a ValueError if a loss on theta would have no effect."""
    if not readings:
        raise ValueError(
            'STNClassifier: no transformer sampled anything in this forward '
            'pass, so theta_losses have no theta; leave them out'
        )
    for reading in readings:
        parameters = reading.transformer.localisation.parameters()
        learns = any(parameter.requires_grad for parameter in parameters)
        is_cut = learns and not reading.theta.requires_grad
        if is_cut and torch.is_grad_enabled():
            raise ValueError(
                f'STNClassifier: theta of {reading.name} has no gradient, so '
                'theta_losses cannot reach its localiser. Reentrant '
                'checkpointing does so; checkpoint with use_reentrant=False, '
                'or place the transformer outside'
            )

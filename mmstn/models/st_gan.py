"""Put a foreground where it belongs, learnt from real pictures alone."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseModel, BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor, nn
from torch.func import functional_call

from mmstn.checks import check_count, check_weight
from mmstn.geometry.lattice import to_normalised, to_pixels
from mmstn.models.build import build
from mmstn.models.features import last_of
from mmstn.models.transformer.iterative import IterativeSpatialTransformer
from mmstn.registry import MODELS


@MODELS.register_module()
class STGAN(BaseModel):
    """A spatial transformer that moves a foreground until it looks real.

    Source: Lin et al. 2018 (ST-GAN). An iterative transformer warps the
    foreground, a localiser for each stage; it sees the warped foreground and
    the background, and its update is composed with the theta so far. A critic
    (Gulrajani et al. 2017, WGAN-GP) tells the composite from real pictures.
    First it learns alone, then the stages are trained in sequence: the
    localiser of a stage starts as that of the stage before, which no longer
    changes, and the critic goes on.

    Ours: one step of an optimizer is one of both networks, each by its own
    loss, so that any loop, mixed precision and distribution of MMEngine
    serves. The slope that is penalised is that of the critic at mixtures of
    pictures, so no second derivative of the sampling is needed.

    Channels of the inputs, by their order: background ``C``, foreground ``C``
    multiplied by its coverage, coverage 1, real picture ``C``. A data sample
    has ``gt_corners (2, 4, 2)``, of which the first, the corners of the
    thing in the foreground, in pixels, tell a prediction what to follow.

    Args:
        transformer: Config of a ``mmstn.IterativeSpatialTransformer`` with a
            list of localisers, or a module. The size of its grid is that of
            the pictures; the localisers see ``2 * C + 1`` channels: warped
            foreground, warped coverage, background.
        critic: Config or module of a network from ``C`` channels to features,
            without batch norm, with ``out_features``. A linear layer follows.
        stage_steps: Steps of training for each stage; the last has no end.
        critic_steps: Steps of the critic alone before that.
        penalty: Weight of the squared distance of the slope from 1.
        update: Weight of the squared length of the update of theta.
        data_preprocessor: As of MMEngine's ``BaseModel``.
    """

    transformer: Any  # with a family of matrices

    def __init__(
        self,
        transformer: dict | nn.Module,
        critic: dict | nn.Module,
        stage_steps: int,
        critic_steps: int,
        penalty: float = 10.0,
        update: float = 1.0,
        data_preprocessor: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ):
        super().__init__(data_preprocessor, init_cfg)
        check_count('STGAN', 'stage_steps', stage_steps)
        check_count('STGAN', 'critic_steps', critic_steps)
        check_weight('STGAN', 'penalty', penalty)
        check_weight('STGAN', 'update', update)
        self.transformer = build(transformer)
        check_stages(self.transformer)
        self.critic = Critic(critic)
        self.stage_steps = stage_steps
        self.critic_steps = critic_steps
        self.penalty = float(penalty)
        self.update = float(update)
        self.register_buffer('steps_taken', torch.tensor(0))

    @property
    def stage(self) -> int:
        """The stage in training, from 1; 0 while the critic learns alone."""
        steps = int(self.steps_taken) - self.critic_steps
        last = len(self.transformer.localisers)
        return max(0, min(steps // self.stage_steps + 1, last))

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[DataSample] = (),
        mode: str = 'tensor',
    ) -> Any:
        """Return what MMEngine's modes ask for.

        Args:
            inputs: ``(B, 3 * C + 1, H, W)``, from 0 to 1.
            data_samples: With ``gt_corners``, for predictions.
            mode: ``'loss'`` for the losses, ``'predict'`` for data samples,
                ``'tensor'`` for composites, ``(B, 1 + stages, C, H, W)``: at
                first, and after each stage.
        """
        background, foreground, real = layers(inputs)
        if mode == 'loss':
            return self.loss(background, foreground, real)
        stages = len(self.transformer.localisers)
        thetas, _ = self.place(background, foreground, stages)
        composites = [
            self.composite(background, foreground, theta) for theta in thetas
        ]
        if mode == 'tensor':
            return torch.stack(composites, dim=1)
        if not data_samples:
            raise ValueError(
                'STGAN: to predict, data_samples with gt_corners say where '
                'each foreground is at first; mode=tensor needs none'
            )
        corners = torch.stack([s.gt_corners[0] for s in data_samples])
        found = dict(
            pred_corners=[self.moved(corners, theta) for theta in thetas],
            pred_scores=[self.criticise(picture) for picture in composites],
        )
        for name, values in found.items():
            rows = torch.stack(values, dim=1)
            for sample, row in zip(data_samples, rows, strict=True):
                sample.set_field(row, name)
        real_scores = self.criticise(real)
        for sample, score in zip(data_samples, real_scores, strict=True):
            sample.set_field(score, 'real_score')
        return list(data_samples)

    def loss(
        self, background: Tensor, foreground: Tensor, real: Tensor
    ) -> dict[str, Tensor]:
        """Return the losses of a step, and the critic's ``gap`` to log."""
        stage = self.stage
        self.begin(stage)
        thetas, update = self.place(background, foreground, stage)
        fake = self.composite(background, foreground, thetas[-1])
        gap = self.criticise(real) - self.criticise(fake.detach())
        losses = dict(
            loss_critic=-gap.mean(),
            loss_penalty=self.penalty * self.slope_penalty(real, fake),
            gap=gap.detach().mean(),
        )
        if update is not None:
            move = update - update.new_tensor(self.transformer.grid.identity)
            losses |= dict(
                loss_generator=-self.criticise(fake, trains=False).mean(),
                loss_update=self.update * move.square().sum(1).mean(),
            )
        self.steps_taken += 1
        return losses

    def begin(self, stage: int) -> None:
        """Let the localiser of a stage start as that of the stage before."""
        first = self.critic_steps + (stage - 1) * self.stage_steps
        if stage > 1 and int(self.steps_taken) == first:
            before, own = self.transformer.localisers[stage - 2 : stage]
            own.load_state_dict(before.state_dict())

    def place(
        self, background: Tensor, foreground: Tensor, stages: int
    ) -> tuple[list[Tensor], Tensor | None]:
        """Return theta ``(B, P)`` at first and after each stage.

        The last has a gradient to the localiser of its stage.

        Args:
            background: ``(B, C, H, W)``.
            foreground: ``(B, C + 1, H, W)``, the last channel its coverage.
            stages: How many.

        Returns:
            The thetas, and the update of the last stage; None of none.
        """
        grid = self.transformer.grid
        start = background.new_tensor(self.transformer.begin or grid.identity)
        thetas, update = [start.expand(len(background), -1)], None
        for localiser in self.transformer.localisers[:stages]:
            before = thetas[-1].detach()
            seen = self.transformer.sampler(foreground, grid, before)
            update = localiser(torch.cat([seen, background], dim=1))
            thetas.append(grid.compose(before, update))
        return thetas, update

    def composite(
        self, background: Tensor, foreground: Tensor, theta: Tensor
    ) -> Tensor:
        """Return the warped foreground before the background."""
        grid = self.transformer.grid
        warped = self.transformer.sampler(foreground, grid, theta)
        return warped[:, :-1] + (1 - warped[:, -1:]) * background

    def criticise(self, pictures: Tensor, trains: bool = True) -> Tensor:
        """Return how real pictures look, ``(B,)``, in float32.

        Args:
            pictures: ``(B, C, H, W)``.
            trains: Whether the weights of the critic get a gradient.
        """
        weights = dict(self.critic.named_parameters())
        if not trains:
            weights = {name: w.detach() for name, w in weights.items()}
        with torch.autocast(pictures.device.type, enabled=False):
            pictures = pictures.to(self.critic.score.weight.dtype)
            return functional_call(self.critic, weights, pictures)

    def slope_penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return how far the critic's slope is from 1, squared, the mean.

        The slope is taken at mixtures of a real and a fake picture each; how
        much of either depends on the step alone, so that a run that goes on
        is the same.
        """
        random = torch.Generator().manual_seed(int(self.steps_taken))
        share = torch.rand(len(real), 1, 1, 1, generator=random).to(real)
        mixture = torch.lerp(real, fake.detach(), share).requires_grad_()
        score = self.criticise(mixture).sum()
        (slope,) = torch.autograd.grad(score, mixture, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    def moved(self, corners: Tensor, theta: Tensor) -> Tensor:
        """Return where corners of the foreground lie in the composite.

        Args:
            corners: ``(B, 4, 2)``, in pixels.
            theta: ``(B, P)``; what it reads comes the other way.
        """
        grid = self.transformer.grid
        points = to_normalised(corners, grid.size)
        back = inverse(grid.matrix(theta))
        points = grid.map_points(grid.from_matrix(back), points)
        return to_pixels(points, grid.size)


class Critic(BaseModule):
    """A network, and a linear layer that gives one number a picture.

    Args:
        network: Config or module of a network that returns features, a tensor
            or a tuple of them, of which the last counts; with
            ``out_features``.
    """

    def __init__(self, network: dict | nn.Module):
        super().__init__()
        self.network = build(network)
        features: Any = getattr(self.network, 'out_features', None)
        if features is None:
            raise ValueError(
                f'STGAN: critic {type(self.network).__name__} has no '
                'out_features, which the linear layer behind it needs; use a '
                "type='mmstn.PlainNet'"
            )
        self.score = nn.Linear(features, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the scores ``(B,)`` of pictures ``(B, C, H, W)``."""
        features = last_of(self.network(pictures))
        return self.score(features.flatten(1)).squeeze(1)


def layers(inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return background, foreground with its coverage, and real pictures."""
    channels = (inputs.shape[1] - 1) // 3
    return inputs.split([channels, channels + 1, channels], dim=1)


def inverse(matrix: Tensor) -> Tensor:
    """Return the inverse maps of ``(B, n, n + 1)`` or ``(B, n + 1, n + 1)``.

    The last entry of a homography is 1.
    """
    rows, columns = matrix.shape[1:]
    last = torch.eye(columns).to(matrix)[rows:].expand(len(matrix), -1, -1)
    back = torch.linalg.inv(torch.cat([matrix, last], dim=1))
    return (back / back[:, -1:, -1:])[:, :rows]


def check_stages(transformer: nn.Module) -> None:
    """Raise a ValueError unless there is a localiser for each stage."""
    if isinstance(transformer, IterativeSpatialTransformer) and isinstance(
        transformer.localisation, nn.ModuleList
    ):
        return
    raise ValueError(
        'STGAN: transformer must be a mmstn.IterativeSpatialTransformer whose '
        'localisation is a list, one for each stage, but got '
        f'{type(transformer).__name__}'
    )

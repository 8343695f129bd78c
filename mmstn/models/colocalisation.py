"""Find what a set of images has in common, without labels or boxes."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from mmengine.model import BaseModel, BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from mmstn.checks import (
    check_finite_number,
    check_weight,
    check_whole_number,
)
from mmstn.geometry.outline import outline
from mmstn.models.build import build
from mmstn.models.features import last_of
from mmstn.models.losses.theta_loss import build_theta_losses
from mmstn.models.transformer.find import (
    Reading,
    check_not_parallel,
    require_transformers,
)
from mmstn.registry import MODELS


@MODELS.register_module()
class FrozenEncoder(BaseModule):
    """Concatenated outputs of layers of a classifier, which never learns.

    The classifier stays as in prediction, and its weights get no gradient,
    but its input does.

    Args:
        classifier: Config of a trained classifier, with ``init_cfg=dict(
            type='Pretrained', checkpoint=...)``, or a module.
        layers: For each layer, by its name in the classifier, what its output
            is divided by; the root of the mean squared distance of two images
            there gives all layers the same say.
    """

    def __init__(
        self, classifier: dict | nn.Module, layers: Mapping[str, float]
    ):
        super().__init__()
        if not layers:
            raise ValueError(
                'FrozenEncoder: layers is empty, so there is nothing to '
                "compare; name some, such as layers={'head.fc': 1.0}"
            )
        self.classifier = build(classifier).requires_grad_(False).eval()
        known = dict(self.classifier.named_modules())
        for name, scale in layers.items():
            if name not in known:
                raise ValueError(
                    f'FrozenEncoder: layers has {name!r}, but the classifier '
                    f'has no such layer, only {", ".join(filter(None, known))}'
                )
            check_finite_number('FrozenEncoder', f'layers[{name!r}]', scale)
            if scale <= 0:
                raise ValueError(
                    f'FrozenEncoder: layers[{name!r}] must be above 0, to '
                    f'divide by, but got {scale!r}'
                )
        self.layers = dict(layers)

    def train(self, mode: bool = True) -> 'FrozenEncoder':
        super().train(mode)
        self.classifier.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Return features ``(B, F)`` of images ``(B, C, H, W)``."""
        outputs = {}
        with ExitStack() as handles:
            for name in self.layers:

                def keep(layer, inputs, output, name=name):
                    # what follows may write into it
                    outputs[name] = last_of(output).flatten(1).clone()

                layer = self.classifier.get_submodule(name)
                handle = layer.register_forward_hook(keep)
                handles.callback(handle.remove)
            self.classifier(images)
        if idle := [name for name in self.layers if name not in outputs]:
            raise ValueError(
                f'FrozenEncoder: the classifier never calls {idle}, so there '
                'is nothing to compare; take it out of layers'
            )
        scaled = [outputs[name] / by for name, by in self.layers.items()]
        return torch.cat(scaled, dim=1)


@MODELS.register_module()
class Colocaliser(BaseModel):
    """Find what all images of a set show, wherever it is in each.

    A transformer learns to crop so that any two crops are more alike, to an
    encoder, than a crop and a random crop of the same image: see
    :func:`pair_loss`. A random crop has a fixed size, and is inside the
    image. All pairs of a batch are taken, the mean where the paper has the
    sum. Ours is ``max_roll``: so the localiser must see the thing, not the
    image.

    A prediction is ``pred_corners (4, 2)``, clockwise from the upper left
    one, in pixels of the image.

    Source: Jaderberg et al. 2015, appendix A.2.

    Args:
        transformer: Config of a ``mmstn.SpatialTransformer`` or a module.
        encoder: Config of a ``mmstn.FrozenEncoder`` or a module, from crops
            to features ``(B, F)``.
        crop: Share of the image that a random crop reads along each axis.
        margin: The ``alpha`` of the paper, a squared distance of features.
        max_roll: To learn, each image is moved by a random number of pixels
            along each axis, at most this many; see :func:`rolled`.
        theta_losses: As of ``mmstn.STNClassifier``, such as a
            ``mmstn.OutsideLoss``: all that is read beyond the border is
            alike.
        data_preprocessor: As of MMEngine's ``BaseModel``; it normalises as
            the encoder was trained.
    """

    transformer: Any  # a SpatialTransformer

    def __init__(
        self,
        transformer: dict | nn.Module,
        encoder: dict | nn.Module,
        crop: float,
        margin: float = 1.0,
        max_roll: int = 0,
        theta_losses: Sequence[dict | nn.Module] = (),
        data_preprocessor: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ):
        super().__init__(data_preprocessor, init_cfg)
        self.transformer = build(transformer)
        require_transformers('Colocaliser', self, 'use another model')
        check_not_parallel('Colocaliser', self.transformer)
        check_weight('Colocaliser', 'margin', margin)
        check_finite_number('Colocaliser', 'crop', crop)
        if not 0 < crop <= 1:
            raise ValueError(
                'Colocaliser: crop must be a share of the image, above 0 and '
                f'at most 1, but got {crop!r}'
            )
        scale = getattr(self.transformer.grid, 'scale', crop)
        if scale != crop:
            raise ValueError(
                f'Colocaliser: crop={crop!r}, but the windows of the grid '
                f'have a fixed scale={scale!r}; give both the same'
            )
        check_whole_number('Colocaliser', 'max_roll', max_roll)
        self.encoder = build(encoder)
        self.crop = float(crop)
        self.margin = float(margin)
        self.max_roll = max_roll
        self.theta_losses = build_theta_losses('Colocaliser', theta_losses)

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[DataSample] | None = None,
        mode: str = 'tensor',
    ) -> Any:
        """Return what MMEngine's modes ask for.

        Args:
            inputs: Images ``(B, C, H, W)``; of one alone there is no pair to
                learn from, and the loss is 0.
            data_samples: That get the predictions, by default new ones.
            mode: ``'loss'`` for the losses, ``'predict'`` for data samples,
                ``'tensor'`` for the crops ``(B, C, *out)``.
        """
        if mode == 'loss':
            return self.loss(rolled(inputs, self.max_roll))
        theta = self.transformer.locate(inputs)
        crops = self.read(inputs, theta)
        if mode == 'predict':
            samples = list(data_samples or [DataSample() for _ in inputs])
            corners = self.corners(inputs, theta)
            for sample, points in zip(samples, corners, strict=True):
                sample.set_field(points, 'pred_corners')
            return samples
        return crops

    def loss(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the losses of images ``(B, C, H, W)``."""
        theta = self.transformer.locate(inputs)
        others = self.read(inputs, self.anywhere(theta))
        crops = self.read(inputs, theta)  # last, as hooks see the last reading
        features = self.encoder(torch.cat([crops, others])).chunk(2)
        losses = dict(loss_pairs=pair_loss(*features, self.margin))
        reading = Reading(
            'transformer',
            self.transformer,
            self.transformer.grid,
            theta,
            inputs,
            self.transformer.posterior,
        )
        return losses | {
            loss.name: loss([reading]) for loss in self.theta_losses
        }

    def read(self, images: Tensor, theta: Tensor) -> Tensor:
        """Return the crops of images, ``(B, C, *out)``."""
        return self.transformer.sampler(images, self.transformer.grid, theta)

    def anywhere(self, theta: Tensor) -> Tensor:
        """Return thetas ``(B, P)`` of random crops, alike to ``theta``."""
        room = 1 - self.crop
        centres = torch.empty(len(theta), 2).uniform_(-room, room)
        window = self.transformer.grid.window_theta
        thetas = [window(self.crop, centre) for centre in centres.tolist()]
        return theta.new_tensor(thetas)

    def corners(self, images: Tensor, theta: Tensor) -> Tensor:
        """Return the corners of what theta reads, ``(B, 4, 2)``, in pixels."""

        def read(points: Tensor) -> Tensor:
            return self.transformer.grid.map_points(theta, points)

        return outline(read, tuple(images.shape[2:]), 1, theta)


def rolled(images: Tensor, limit: int) -> Tensor:
    """Return images ``(B, C, *size)``, each moved along each axis.

    By a random number of pixels from ``-limit`` to ``limit``; what leaves on
    one side comes back on the other.
    """
    batch = len(images)
    for axis in range(2, images.ndim):
        shifts = torch.randint(-limit, limit + 1, (batch, 1))
        cells = images.shape[axis]
        source = (torch.arange(cells) - shifts) % cells  # (B, cells)
        shape = [1] * images.ndim
        shape[0], shape[axis] = batch, cells
        source = source.view(shape).to(images.device)
        images = images.take_along_dim(source, axis)
    return images


def pair_loss(crops: Tensor, others: Tensor, margin: float) -> Tensor:
    """Return the mean over all pairs of crops of their hinge loss.

    ``max(0, d(n, m) - d(n, other of n) + margin)`` for each ``m != n``, of
    squared distances ``d``. In each pair ``m`` is given, without a gradient:
    as every crop is the ``m`` of others, it would be drawn to them twice as
    much as it is pushed from random crops, and all would end on black.

    Source: Jaderberg et al. 2015, appendix A.2. Ours: that ``m`` is given.

    Args:
        crops: Features ``(N, F)``.
        others: Features of another crop of each image, ``(N, F)``.
        margin: The least difference wanted.
    """
    crops, others = crops.float(), others.float()  # as cdist under autocast
    between = torch.cdist(crops, crops.detach()).square()  # (N, N)
    apart = (crops - others).square().sum(-1, keepdim=True)
    losses = (between - apart + margin).relu()
    pairs = max(1, len(crops) * (len(crops) - 1))
    return (losses.sum() - losses.diagonal().sum()) / pairs

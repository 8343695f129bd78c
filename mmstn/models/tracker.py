"""Follow a thing through the frames of a sequence by a transformer."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from mmstn.checks import check_finite_number
from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.outline import box_corners, frame_perimeter
from mmstn.models.build import build
from mmstn.models.transformer.iterative import check_size, trunk_shape
from mmstn.models.transformer.matrix_grid import (
    AffineGrid,
    AttentionGrid,
    SimilarityGrid,
)
from mmstn.models.transformer.recurrent import RecurrentLocalisation
from mmstn.models.transformer.spatial_transformer import SpatialTransformer
from mmstn.registry import MODELS

FAMILIES = (AttentionGrid, SimilarityGrid, AffineGrid)  # they know boxes


@MODELS.register_module()
class Tracker(BaseModel):
    """Follow what is in a box of the first frame through those after it.

    An iterative transformer over time: in each frame the transformer reads
    where the thing was in the frame before, with some of what is around it,
    and the localiser gives the update of theta, which is composed with it.
    The localiser sees two readings, their channels concatenated: that of the
    first frame, where the box is known, and that of this frame. Its state goes
    on from frame to frame.

    With a localiser without a memory each frame is on its own: it is read
    whole, and theta is what the localiser gives.

    The loss is the distance of the corners of what theta reads from those of
    the box, in pixels, up to a pixel squared (Huber's). A data sample has
    ``gt_boxes (K, T, 4)``: left, top, right, bottom of K things, outer edges
    in pixels, of which the first is followed; to predict only its first frame
    is read. A prediction is ``pred_corners (T, 4, 2)``, clockwise from the
    upper left one. ``AffineGrid`` knows any box; ``AttentionGrid`` and
    ``SimilarityGrid`` know those of the frame's proportions, and start from
    the nearest of them.

    What hooks and pictures of attention see is what is *read*: the box of the
    frame before with what is around it, or the whole frame. Where the thing
    is, ``tools/visualize_tracking.py`` draws.

    Source: ours; Kahou et al. 2017 (RATM) track by recurrent attention, Lin
    and Lucey 2017 compose.

    Args:
        transformer: Config of a ``mmstn.SpatialTransformer``, or a module; its
            localiser a ``mmstn.RecurrentLocalisation`` of one step, and its
            family, in 2D, one of ``FAMILIES``.
        context: The width of what is read, in widths of the box.
        data_preprocessor: As of MMEngine's ``BaseModel``.
    """

    transformer: Any  # with a family that has compose

    def __init__(
        self,
        transformer: dict | nn.Module,
        context: float = 1.5,
        data_preprocessor: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ):
        super().__init__(data_preprocessor, init_cfg)
        self.transformer = build(transformer)
        check_follows(self.transformer)
        check_finite_number('Tracker', 'context', context)
        if context < 1:
            raise ValueError(
                'Tracker: context must be at least 1, to read all of the '
                f'box, but got {context!r}'
            )
        self.context = float(context)
        localisation = self.transformer.localisation
        self.remembers = isinstance(localisation, RecurrentLocalisation)
        if self.remembers and localisation.num_steps != 1:
            raise ValueError(
                'Tracker: the localiser takes one step in each frame, but got '
                f'num_steps={localisation.num_steps}; leave it out'
            )

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[DataSample],
        mode: str = 'tensor',
    ) -> Any:
        """Return what MMEngine's modes ask for.

        Args:
            inputs: Sequences ``(B, C, T, H, W)``.
            data_samples: With ``gt_boxes``.
            mode: ``'loss'`` for the losses, ``'predict'`` for data samples,
                ``'tensor'`` for the corners ``(B, T, 4, 2)``.
        """
        check_frames(inputs)
        boxes = followed(data_samples, len(inputs))  # (B, T, 4)
        if mode == 'loss':
            check_box_of_each_frame(boxes, inputs.shape[2])
        else:
            boxes = boxes[:, :1]
        check_areas(boxes)
        corners = self.corners(inputs, boxes[:, 0])
        if mode == 'loss':
            true = box_corners(boxes).to(corners)[:, 1:]
            loss = F.smooth_l1_loss(corners[:, 1:], true)
            return dict(loss_corners=loss)
        if mode == 'predict':
            for sample, points in zip(data_samples, corners, strict=True):
                sample.set_field(points, 'pred_corners')
            return list(data_samples)
        return corners

    def corners(self, frames: Tensor, box: Tensor) -> Tensor:
        """Return the corners of what is followed, ``(B, T, 4, 2)``, in pixels.

        Args:
            frames: ``(B, C, T, H, W)``.
            box: ``(B, 4)``, in the first frame.
        """
        theta = self.track(frames, box)  # (B, T, P)
        grid = self.transformer.grid
        read = grid.map_points(theta.flatten(0, 1), frame_perimeter(1, theta))
        pixels = to_pixels(read, tuple(frames.shape[-2:]))
        return pixels.unflatten(0, theta.shape[:2])

    def track(self, frames: Tensor, box: Tensor) -> Tensor:
        """Return theta in each frame, ``(B, T, P)``; see :meth:`corners`."""
        size = tuple(frames.shape[-2:])
        first, *others = frames.unbind(2)
        grid = self.transformer.grid
        theta = grid.from_matrix(box_matrix(box, size))
        sought = self.read(first, theta)
        state, thetas = None, [theta]
        for frame in others:
            # where it was is given: through all compositions in a row
            # gradients explode
            before = theta.detach()
            theta, state = self.follow(frame, sought, before, state)
            thetas.append(theta)
        return torch.stack(thetas, dim=1)

    def follow(
        self,
        frame: Tensor,
        sought: Tensor,
        before: Tensor,
        state: Tensor | None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return theta in this frame, and the state after it.

        Args:
            frame: ``(B, C, H, W)``.
            sought: What was read of the first frame.
            before: Theta ``(B, P)`` in the frame before.
            state: Of the localiser after that; None at first.
        """
        grid = self.transformer.grid
        localisation = self.transformer.localisation
        if self.remembers:
            seen = self.read(frame, before)
            given = torch.cat([sought, seen], dim=1)
            update, state = localisation.step(given, state)
            return grid.compose(before, update), state
        whole = before.new_tensor(grid.identity).expand_as(before)
        seen = self.transformer.sampler(frame, grid, whole)
        return localisation(torch.cat([sought, seen], dim=1)), None

    def read(self, frame: Tensor, theta: Tensor) -> Tensor:
        """Return what theta reads of a frame, with what is around it."""
        grid = self.transformer.grid
        centre = (0.0,) * len(grid.size)
        wider = theta.new_tensor(grid.window_theta(self.context, centre))
        around = grid.compose(theta, wider.expand_as(theta))
        return self.transformer.sampler(frame, grid, around)


def check_follows(transformer: SpatialTransformer) -> None:
    """Raise a ValueError unless a transformer can follow a box."""
    if type(transformer) is not SpatialTransformer:
        raise ValueError(
            'Tracker: transformer must be a mmstn.SpatialTransformer, as one '
            'window takes one step in each frame, but got a '
            f'{type(transformer).__name__}'
        )
    grid = transformer.grid
    if not isinstance(grid, FAMILIES) or len(grid.size) != 2:
        names = ', '.join(family.__name__ for family in FAMILIES)
        raise ValueError(
            f'Tracker: grid must be one of {names}, of an output (H, W), but '
            f'got {type(grid).__name__} of size {grid.size}'
        )
    check_size(transformer.localisation, grid, 'Tracker', otherwise='')
    shape = trunk_shape(transformer.localisation)
    if shape is not None and shape[0] % 2:
        raise ValueError(
            'Tracker: the localiser sees two readings, their channels '
            f'concatenated, but its trunk has in_channels={shape[0]}; give it '
            'twice the channels of a frame'
        )


def check_frames(inputs: Tensor) -> None:
    """Raise a ValueError unless inputs are sequences of frames."""
    if inputs.ndim != 5:
        raise ValueError(
            'Tracker: inputs must be sequences (B, C, T, H, W), such as those '
            f'of mmstn.MovingDigits, but got {tuple(inputs.shape)}'
        )
    if inputs.shape[2] < 2:
        raise ValueError(
            'Tracker: a sequence needs at least two frames, one to start '
            f'from and one to follow into, but got {inputs.shape[2]}'
        )


def followed(
    data_samples: Sequence[DataSample] | None, batch_size: int
) -> Tensor:
    """Return the boxes of what is followed, ``(B, T, 4)``.

    Raises:
        ValueError: If a sequence has none, or of another shape.
    """
    samples = data_samples or ()
    has_all = all('gt_boxes' in sample for sample in samples)
    if len(samples) != batch_size or not has_all:
        raise ValueError(
            'Tracker: what to follow is given by data samples with gt_boxes '
            '(K, T, 4), in the first frame at least, one for each of the '
            f'{batch_size} sequences; take a data set that has them, such as '
            'mmstn.MovingDigits'
        )
    given = [tuple(sample.gt_boxes.shape) for sample in samples]
    for shape in given:
        same = shape[1:] == (*given[0][1:2], 4)
        if not (len(shape) == 3 and all(shape) and same):
            raise ValueError(
                'Tracker: gt_boxes must be (K, T, 4), a thing and a frame at '
                'least, with as many frames in each sequence, but got '
                f'{shape}, and of the first sequence {given[0]}'
            )
    return torch.stack([sample.gt_boxes[0] for sample in samples])


def check_box_of_each_frame(boxes: Tensor, num_frames: int) -> None:
    """Raise a ValueError unless there is a box to learn in each frame."""
    if boxes.shape[1] != num_frames:
        raise ValueError(
            f'Tracker: to learn, gt_boxes must be of all {num_frames} frames '
            f'of a sequence, but are of {boxes.shape[1]}'
        )


def check_areas(boxes: Tensor) -> None:
    """Raise a ValueError unless boxes ``(B, T, 4)`` have an area."""
    size = boxes[..., 2:] - boxes[..., :2]
    wrong = ~((size > 0) & size.isfinite()).all(2)
    if wrong.any():
        raise ValueError(
            'Tracker: the box to follow must be left, top, right, bottom, '
            'finite and with an area, but got '
            f'{boxes[wrong][0].tolist()}; cut the sequence where it is gone'
        )


def box_matrix(box: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the affine matrices that read boxes of a frame, ``(B, 2, 3)``.

    Args:
        box: ``(B, 4)``, outer edges in pixels.
        size: ``(H, W)`` of the frame.
    """
    cells = box.new_tensor(size[::-1])
    low, high = box[:, :2], box[:, 2:]
    share = (high - low) / cells
    centre = (low + high + 1) / cells - 1
    return torch.cat([share.diag_embed(), centre.unsqueeze(2)], dim=2)

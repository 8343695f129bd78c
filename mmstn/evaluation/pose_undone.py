"""How far a transformer undoes the rotation, scale and shift of an object."""

from collections.abc import Sequence
from math import pi

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor

from mmstn.geometry.outline import frame_perimeter
from mmstn.registry import METRICS

NEVER = 1e-9  # a variance: what no sample was changed by


@METRICS.register_module()
class PoseUndone(BaseMetric):
    """Share of each kind of variation that a transformer undoes, in percent.

    ``undone/<transformer>/angle``, ``.../log_scale``, ``.../x`` and
    ``.../y``: 100 if in the output every object of a class stands alike, 0 if
    they vary as they do in the input, negative if they vary more. It is one
    minus the variance left over that of the input, both about the mean of
    each class, as a class may have a pose of its own. What does not vary in
    the input is left out.

    Needs of each data sample ``gt_label``, ``gt_corners``, the corners of the
    object in pixels of the network's input, ``(4, 2)``, clockwise from its
    upper left one, and ``mmstn.AttentionRecordHook`` among the
    ``custom_hooks``. The region of a bent family counts as the affine one
    nearest to its outline; one that is not finite, or has no area, undoes
    nothing, as the mean of the others would.
    """

    default_prefix = 'undone'

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            for name, where in (
                ('gt_corners', 'use a data set that knows them, as of R, RTS'),
                ('attention', "add dict(type='mmstn.AttentionRecordHook')"),
            ):
                value = sample.get(name)
                if value is None or len(value) == 0:
                    raise ValueError(
                        f'PoseUndone: a prediction has no {name}; {where}'
                    )
            corners = sample['gt_corners'].cpu()
            windows = {
                name: nearest_affine(outline)
                for name, outline in sample['attention'].items()
            }
            label = sample['gt_label'].item()
            self.results.append((label, nearest_affine(corners), windows))

    def compute_metrics(self, results: list) -> dict[str, float]:
        labels = torch.tensor([label for label, _, _ in results])
        true = torch.stack([pose for _, pose, _ in results])  # (N, 3, 2)
        before = variances(true[:, :2], true[:, 2], labels)
        metrics = {}
        for name in results[0][2]:
            window = torch.stack([windows[name] for _, _, windows in results])
            left = left_over(true, window)
            after = variances(left[:, :2], left[:, 2], labels)
            for part, variance in before.items():
                if variance > NEVER:
                    share = 100 * (1 - after[part] / variance)
                    metrics[f'{name}/{part}'] = share.item()
        return metrics


def nearest_affine(outline: Tensor) -> Tensor:
    """Return half a side along x, along y, and the centre, ``(3, 2)``.

    Args:
        outline: ``(4 * per_side, 2)``, as ``frame_perimeter`` goes around.
    """
    outline = outline.double()
    frame = frame_perimeter(len(outline) // 4, outline)
    # x and y of the frame sum to nothing, alone and multiplied
    sides = frame.T @ outline / frame[:, 0].square().sum()
    return torch.cat([sides, outline.mean(0, keepdim=True)])


def left_over(true: Tensor, window: Tensor) -> Tensor:
    """Return the pose of objects as seen through windows, ``(N, 3, 2)``.

    Sides are in halves of the window's, the centre in pixels of the source.
    """
    area = torch.linalg.det(window[:, :2])
    is_region = window.isfinite().flatten(1).all(1) & (area != 0)
    window = window.clone()
    window[~is_region] = mean_pose(window[is_region])
    sides = torch.linalg.solve(window[:, :2], true[:, :2], left=False)
    centre = true[:, 2] - window[:, 2]
    return torch.cat([sides, centre.unsqueeze(1)], dim=1)


def angle_and_scale(sides: Tensor) -> tuple[Tensor, Tensor]:
    """Return the angle and the log of the scale of half sides."""
    (xx, xy), (yx, yy) = sides.permute(1, 2, 0)
    scale = torch.linalg.det(sides).abs().log() / 2
    return torch.atan2(xy - yx, xx + yy), scale


def mean_pose(poses: Tensor) -> Tensor:
    """Return a square at the mean angle, scale and centre, ``(3, 2)``."""
    if len(poses) == 0:
        return poses.new_tensor([[1, 0], [0, 1], [0, 0]])
    angle, scale = angle_and_scale(poses[:, :2])
    turn = torch.atan2(angle.sin().sum(), angle.cos().sum())
    cos, sin = scale.mean().exp() * turn.cos(), scale.mean().exp() * turn.sin()
    x, y = poses[:, 2].mean(0)
    return torch.stack([cos, sin, -sin, cos, x, y]).view(3, 2)


def variances(
    sides: Tensor, centre: Tensor, labels: Tensor
) -> dict[str, Tensor]:
    """Return the variance of each part of a pose about its class's mean."""
    angle, scale = angle_and_scale(sides)
    x, y = centre.unbind(1)
    parts = dict(angle=angle, log_scale=scale, x=x, y=y)
    members = torch.nn.functional.one_hot(labels).double()  # (N, classes)
    members = members[:, members.any(0)]

    def mean(values: Tensor) -> Tensor:
        """Return the mean of each sample's class."""
        return members @ ((members.T @ values) / members.sum(0))

    deviations = {name: part - mean(part) for name, part in parts.items()}
    turn = angle - torch.atan2(mean(angle.sin()), mean(angle.cos()))
    deviations['angle'] = torch.remainder(turn + pi, 2 * pi) - pi
    return {name: gap.square().mean() for name, gap in deviations.items()}

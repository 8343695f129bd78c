"""Map pixels of an image file to pixels of the network's input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mmcv
from mmpretrain.datasets.transforms import (
    AutoContrast,
    Brightness,
    CenterCrop,
    ColorJitter,
    ColorTransform,
    Contrast,
    Equalize,
    GaussianBlur,
    Invert,
    Lighting,
    LoadImageFromFile,
    Normalize,
    PackInputs,
    Posterize,
    RandomFlip,
    RandomGrayscale,
    Resize,
    ResizeEdge,
    Sharpness,
    Solarize,
    SolarizeAdd,
)
from mmpretrain.registry import TRANSFORMS
from torch import Tensor

from mmstn.datasets.transforms.pack_digits import PackDigits
from mmstn.datasets.transforms.standardise import Standardise


@dataclass(frozen=True)
class PixelMap:
    """Map pixels of an image to pixels of the network's input, and back.

    The image is that of the file as ``LoadImageFromFile`` reads it, upright.
    In both, the centre of the first pixel is 0.

    Args:
        size: ``(H, W)`` of the network's input.
        scale: ``(x, y)``, negative along an axis that is mirrored.
        shift: ``(x, y)``, where the centre of the first pixel comes to lie.
    """

    size: tuple[int, int]
    scale: tuple[float, float] = (1.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)

    def to_input(self, points: Tensor) -> Tensor:
        """Return points ``(..., 2)`` of the image in the network's input."""
        scale, shift = map(points.new_tensor, (self.scale, self.shift))
        return points * scale + shift

    def to_image(self, points: Tensor) -> Tensor:
        """Return points ``(..., 2)`` of the network's input in the image."""
        scale, shift = map(points.new_tensor, (self.scale, self.shift))
        return (points - shift) / scale

    def resized(self, size: tuple[int, int]) -> PixelMap:
        """Return the map to this input resized to ``(H, W)``."""
        (height, width), (new_height, new_width) = self.size, size
        factor = (new_width / width, new_height / height)
        return PixelMap(
            size=size,
            scale=tuple(
                a * f for a, f in zip(self.scale, factor, strict=True)
            ),
            shift=tuple(
                (b + 0.5) * f - 0.5  # an edge stays an edge
                for b, f in zip(self.shift, factor, strict=True)
            ),
        )

    def cropped(self, left: int, top: int, size: tuple[int, int]) -> PixelMap:
        """Return the map to a window of this input, of ``(H, W)``."""
        x, y = self.shift
        return PixelMap(size, self.scale, (x - left, y - top))

    def mirrored(self, left_right: bool, up_down: bool) -> PixelMap:
        """Return the map to this input mirrored."""
        (a, c), (b, d), (height, width) = self.scale, self.shift, self.size
        if left_right:
            a, b = -a, width - 1 - b
        if up_down:
            c, d = -c, height - 1 - d
        return PixelMap(self.size, (a, c), (b, d))


def resize_edge(step: ResizeEdge, so_far: PixelMap, meta) -> PixelMap:
    height, width = so_far.size
    sets_width = dict(
        short=width < height, long=width > height, width=True, height=False
    )
    if sets_width[step.edge]:
        return so_far.resized((int(step.scale * height / width), step.scale))
    return so_far.resized((step.scale, int(step.scale * width / height)))


def resize(step: Resize, so_far: PixelMap, meta) -> PixelMap:
    height, width = so_far.size
    scale = step.scale
    if scale is None:
        x, y = step.scale_factor
        scale = int(width * x + 0.5), int(height * y + 0.5)
    if step.keep_ratio:
        scale = mmcv.rescale_size((width, height), scale)
    return so_far.resized(scale[::-1])


def center_crop(step: CenterCrop, so_far: PixelMap, meta) -> PixelMap:
    width, height = step.crop_size
    have_height, have_width = so_far.size
    if step.auto_pad:  # at the right and below
        have_height = max(have_height, height)
        have_width = max(have_width, width)
    width, height = min(width, have_width), min(height, have_height)
    left = round((have_width - width) / 2)
    top = round((have_height - height) / 2)
    return so_far.cropped(left, top, (height, width))


def random_flip(step: RandomFlip, so_far: PixelMap, meta) -> PixelMap:
    direction = meta['flip_direction'] if meta['flip'] else None
    return so_far.mirrored(
        left_right=direction in ('horizontal', 'diagonal'),
        up_down=direction in ('vertical', 'diagonal'),
    )


def pack_digits(step: PackDigits, so_far: PixelMap, meta) -> PixelMap:
    canvas = step.canvas_size(so_far.size)
    size, top, left = step.placement(so_far.size)
    return so_far.resized(size).cropped(-left, -top, canvas)


FOLLOWED = {  # from the map so far to that behind the step
    ResizeEdge: resize_edge,
    Resize: resize,
    CenterCrop: center_crop,
    RandomFlip: random_flip,
    PackDigits: pack_digits,
}
IN_PLACE = (  # every pixel stays where it is
    LoadImageFromFile,
    PackInputs,
    Normalize,
    AutoContrast,
    Brightness,
    ColorJitter,
    ColorTransform,
    Contrast,
    Equalize,
    GaussianBlur,
    Invert,
    Lighting,
    Posterize,
    RandomGrayscale,
    Sharpness,
    Solarize,
    SolarizeAdd,
    Standardise,
)


def geometric_steps(pipeline: Sequence[dict]) -> list:
    """Return the transforms of a pipeline that move pixels, built.

    Args:
        pipeline: Configs, as a data set takes them.

    Raises:
        ValueError: If it has a step that :func:`pixel_map` cannot follow.
    """
    steps = []
    for cfg in pipeline:
        known = transform_class(cfg)
        if known in FOLLOWED:
            steps.append(TRANSFORMS.build(cfg))
        elif known not in IN_PLACE:
            raise ValueError(
                f'pixel_map: cannot follow a pixel through {cfg["type"]!r} '
                f'of the pipeline; it follows {names(FOLLOWED)}, and leaves '
                f'pixels in place at {names(IN_PLACE)}; give '
                'test_dataloader.dataset.pipeline without it'
            )
    if [type(step) for step in steps].count(RandomFlip) > 1:
        raise ValueError(
            'pixel_map: the pipeline has more than one RandomFlip, but a '
            'sample tells only what the last one did; leave one'
        )
    return steps


def transform_class(step: dict) -> type | None:
    """Return the class of a step of a pipeline, None if it is unknown."""
    kind = step['type']
    return TRANSFORMS.get(kind) if isinstance(kind, str) else kind


def names(classes) -> str:
    return ', '.join(known.__name__ for known in classes)


def pixel_map(steps: Sequence, meta: Mapping) -> PixelMap:
    """Return the map of one sample from its image to the network's input.

    Args:
        steps: Of :func:`geometric_steps`.
        meta: What ``PackInputs`` packs by default, a data sample or its
            dict: ``ori_shape``, ``img_shape``, and ``flip`` and
            ``flip_direction`` if the pipeline has a ``RandomFlip``.

    Raises:
        ValueError: If the sample did not come through these steps.
    """
    needed = ['ori_shape', 'img_shape']
    if any(isinstance(step, RandomFlip) for step in steps):
        needed += ['flip', 'flip_direction']
    missing = [key for key in needed if key not in meta]
    if missing:
        raise ValueError(
            f'pixel_map: a data sample has no {", ".join(missing)}; the '
            'meta_keys of PackInputs must name them, as they do by default, '
            'and the samples must come through the pipeline given'
        )
    meta = {key: meta.get(key) for key in needed}
    found = PixelMap(tuple(meta['ori_shape']))
    for step in steps:
        found = FOLLOWED[type(step)](step, found, meta)
    if found.size != tuple(meta['img_shape']):
        raise ValueError(
            f'pixel_map: an image of (H, W) {tuple(meta["ori_shape"])} leaves '
            f'the pipeline given as {found.size}, but the data sample as '
            f'{tuple(meta["img_shape"])}; give the pipeline that the samples '
            'come through, that of the data set under test'
        )
    return found

"""How well the region of each transformer covers a bird and its parts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor

from mmstn.datasets.cub.annotations import Bird, annotations
from mmstn.datasets.pixel_map import geometric_steps, pixel_map
from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.outline import frame_perimeter
from mmstn.geometry.polygon import contains, polygon_box_iou
from mmstn.registry import METRICS

WHOLE = 'whole input'


@METRICS.register_module()
class PartCoverage(BaseMetric):
    """Compare the region of each transformer with the bird and its parts.

    Source: Jaderberg et al. 2015, section 4.3, shows as pictures that one
    transformer finds heads; this says it in numbers. The annotations are
    those of CUB-200-2011. ``mmstn.AttentionRecordHook`` must be among the
    ``custom_hooks``.

    For each transformer, with underscores for spaces in names:

    - ``coverage/<transformer>/iou``, the mean intersection over union of its
      outline and the bird's box, both also where they leave the network's
      input;
    - ``coverage/<transformer>/<part>``, among the images that show the part
      the share of those in which the outline holds it. A part that is not
      visible does not count. A part that a crop of the pipeline cut away
      counts as missed, as no transformer can see it. NaN if no image shows
      the part.

    The log gets a table of them beside the whole input, which holds the most
    parts that can be held. An outline that is not finite, as of a camera
    turned away or a diverged theta, holds nothing and has an IoU of 0.

    Args:
        data_root: The folder ``CUB_200_2011``.
        pipeline: That of the data set under test. It is followed through
            ``ResizeEdge``, ``Resize``, ``CenterCrop`` and ``RandomFlip``.
        **kwargs: Of MMEngine's ``BaseMetric``.
    """

    default_prefix = 'coverage'

    def __init__(self, data_root: str, pipeline: Sequence[dict], **kwargs):
        super().__init__(**kwargs)
        self.steps = geometric_steps(pipeline)
        self.parts, self.birds = annotations(data_root)

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            outlines = sample.get('attention')
            if outlines is None:
                raise ValueError(
                    'PartCoverage: the predictions do not tell where '
                    'transformers looked; add '
                    "dict(type='mmstn.AttentionRecordHook') to custom_hooks"
                )
            if not outlines:
                raise ValueError(
                    'PartCoverage: no transformer of the network has a '
                    'region in its input; take the metric out of the evaluator'
                )
            self.results.append(self.seen(outlines, sample))

    def seen(self, outlines: Mapping[str, Tensor], sample: dict) -> dict:
        """Return the IoU and the parts held by each outline, as numbers."""
        bird = self.bird(sample.get('img_path'))
        to_input = pixel_map(self.steps, sample)
        frame = to_pixels(frame_perimeter(1, bird.parts), to_input.size)
        outlines = {**outlines, WHOLE: frame}
        corners = to_input.to_input(bird.corners)
        box = torch.cat([corners.amin(0), corners.amax(0)])[None]
        parts = to_input.to_input(bird.parts)[None]
        ious, held = {}, {}
        for name, points in outlines.items():
            polygon = points.double()[None]
            ious[name] = polygon_box_iou(polygon, box).item()
            held[name] = contains(polygon, parts)[0] & bird.visible
        return dict(
            visible=bird.visible.tolist(),
            iou=ious,
            held={n: (h & held[WHOLE]).tolist() for n, h in held.items()},
        )

    def bird(self, path: str | None) -> Bird:
        if path is None:
            raise ValueError(
                'PartCoverage: a data sample has no img_path, so its bird '
                'cannot be looked up; the meta_keys of PackInputs must name '
                'it, as they do by default'
            )
        name = '/'.join(Path(path).parts[-2:])
        if name not in self.birds:
            raise ValueError(
                f'PartCoverage: {path} is not among the images.txt of '
                'data_root; give the data_root of the data set under test'
            )
        return self.birds[name]

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        number = torch.tensor([r['visible'] for r in results]).sum(0)
        table = {}
        for name in results[0]['iou']:
            iou = sum(result['iou'][name] for result in results) / len(results)
            held = torch.tensor([r['held'][name] for r in results]).sum(0)
            table[name] = [iou, *(held / number).tolist()]
        rows = ['iou', *self.parts]
        title = f'PartCoverage of {len(results)} images'
        print_log(f'{title}\n{aligned(rows, table)}', 'current')
        return {
            f'{name}/{row}'.replace(' ', '_'): value
            for name, column in table.items()
            if name != WHOLE
            for row, value in zip(rows, column, strict=True)
        }


def aligned(rows: list[str], table: dict[str, list[float]]) -> str:
    """Return a table as text, a column for each key."""
    margin = max(map(len, rows))
    lines = ['  '.join([' ' * margin, *table])]
    for row, values in zip(
        rows, zip(*table.values(), strict=True), strict=True
    ):
        cells = [
            f'{value:>{len(name)}.3f}'
            for name, value in zip(table, values, strict=True)
        ]
        lines.append('  '.join([f'{row:<{margin}}', *cells]))
    return '\n'.join(lines)

"""Which share of its window a transformer reads outside of the input."""

from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric

from mmstn.geometry.polygon import clip, signed_area
from mmstn.registry import METRICS


@METRICS.register_module()
class ReadOutside(BaseMetric):
    """Share of windows outside of the input, in percent.

    ``outside/<transformer>``, the mean over images of the share of the area
    that its outline surrounds. A window without an area, or with an outline
    that is not finite, is outside.

    Needs ``mmstn.AttentionRecordHook`` among the ``custom_hooks``, and inputs
    that the data preprocessor does not resize.
    """

    default_prefix = 'outside'

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        for image, sample in zip(
            data_batch['inputs'], data_samples, strict=True
        ):
            if not sample.get('attention'):
                raise ValueError(
                    'ReadOutside: a prediction has no attention; add '
                    "dict(type='mmstn.AttentionRecordHook') to custom_hooks"
                )
            height, width = image.shape[-2:]
            box = torch.tensor([[-0.5, -0.5, width - 0.5, height - 0.5]])
            shares = {}
            for name, outline in sample['attention'].items():
                window = outline[None].double()
                inside = signed_area(clip(window, box.double()))
                share = 1 - inside / signed_area(window)
                shares[name] = share.nan_to_num(1).clamp(0, 1).item()
            self.results.append(shares)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        return {
            name: 100 * sum(shares[name] for shares in results) / len(results)
            for name in results[0]
        }

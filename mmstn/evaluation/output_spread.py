"""How much of the output of a transformer a turn of the input changes."""

from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric

from mmstn.registry import METRICS


@METRICS.register_module()
class OutputSpread(BaseMetric):
    """Spread of canonical images over turns of one picture, in percent.

    ``spread/<transformer>``: the variance of the output over the turns of one
    picture, over that of all turns of all pictures; both are means over
    channels and cells. 0 if the output stands still however the input turns,
    100 if turns of one picture differ as much as any two pictures. Lower is
    not better by itself: what reads a single pixel of the ground stands still.

    Needs ``mmstn.TurnedRecordHook`` among the ``custom_hooks``.
    """

    default_prefix = 'spread'

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            if 'turned' in sample:
                parts = {
                    name: (
                        outputs.var(0, correction=0).mean().item(),
                        outputs.mean(0).flatten(),
                    )
                    for name, outputs in sample['turned'].items()
                }
                self.results.append(parts)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        if not results:
            raise ValueError(
                'OutputSpread: no prediction has outputs of turned inputs; '
                "add dict(type='mmstn.TurnedRecordHook') to custom_hooks"
            )
        metrics = {}
        for name in results[0]:
            within, means = zip(*(part[name] for part in results), strict=True)
            of_one = torch.tensor(within).double().mean()
            between = torch.stack(means).double().var(0, correction=0).mean()
            share = of_one / (of_one + between) if of_one else of_one
            metrics[name] = (100 * share).item()
        return metrics

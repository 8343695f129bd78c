"""The size of a network: python -m mmstn.results.measure CONFIG."""

import argparse
import json

import torch
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpretrain.registry import MODELS
from torch.utils.flop_counter import FlopCounterMode


def network_size(cfg: Config) -> tuple[int, int]:
    """Return the parameters of a network, and its FLOPs for one image.

    The FLOPs are those of the forward pass in matrix products and
    convolutions, 2 for a multiplication and an addition. The image is the
    first of the test set.
    """
    init_default_scope(cfg.default_scope)  # of the data set's type
    model = MODELS.build(cfg.model).eval()
    loader = {**cfg.test_dataloader, 'batch_size': 1, 'num_workers': 0}
    loader['persistent_workers'] = False
    batch = next(iter(Runner.build_dataloader(loader, seed=0)))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.test_step(batch)
    parameters = sum(weight.numel() for weight in model.parameters())
    return parameters, counter.get_total_flops()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    args = parser.parse_args()
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    parameters, flops = network_size(cfg)
    print(json.dumps(dict(parameters=parameters, flops=flops)))


if __name__ == '__main__':
    main()

"""A few test samples and a model to predict them, for tools that draw."""

import argparse
from collections.abc import Sequence

from mmengine.config import Config, DictAction
from mmengine.dataset import pseudo_collate
from mmengine.model import BaseModel
from mmpretrain.registry import DATASETS, MODELS

from mmstn.shipped import config_argument


def samples_parser(
    description: str, samples: Sequence[int]
) -> argparse.ArgumentParser:
    """Return a parser of a config, ``--samples`` and ``--cfg-options``.

    Args:
        description: What the tool is for.
        samples: Indices in the test data set, by default.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        'config', type=config_argument, help='path or name of the config'
    )
    parser.add_argument(
        '--samples',
        nargs='+',
        type=int,
        default=samples,
        metavar='INDEX',
        help=f'which of the test samples; by default the first {len(samples)}',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='values that replace those of the config',
    )
    return parser


def few_samples(
    args: argparse.Namespace, kind: type[BaseModel]
) -> tuple[BaseModel, dict]:
    """Return the model of a config, without weights, and a batch.

    Args:
        args: Of :func:`samples_parser`.
        kind: Of the model.

    Raises:
        ValueError: If the model is of another kind, or a sample is not there.
    """
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    model = MODELS.build(cfg.model).eval()
    if not isinstance(model, kind):
        raise ValueError(
            f'{args.config}: this tool draws what a {kind.__name__} does, but '
            f'the model is a {type(model).__name__}'
        )
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    for index in args.samples:
        if not 0 <= index < len(dataset):
            raise ValueError(
                f'--samples {index}: the test data set has samples 0 to '
                f'{len(dataset) - 1}'
            )
    return model, pseudo_collate([dataset[index] for index in args.samples])

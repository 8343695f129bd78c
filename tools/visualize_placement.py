"""Draw how a trained ST-GAN puts things into their places, stage by stage.

python tools/visualize_placement.py CONFIG CHECKPOINT

Writes a picture with a row for each test sample, and a column for each stage:
around the thing its outline, and thinly, in another colour, its true place.
"""

import argparse
from pathlib import Path

import torch
from mmengine.config import Config, DictAction
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import DATASETS, MODELS

from mmstn.checkpoint_fit import load_whole
from mmstn.files import write_png
from mmstn.shipped import config_argument
from mmstn.visualization.film import stages


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='See where things are put')
    parser.add_argument(
        'config', type=config_argument, help='path or name of the config'
    )
    parser.add_argument('checkpoint', help='path or address of the checkpoint')
    parser.add_argument(
        '--samples',
        nargs='+',
        type=int,
        default=range(6),
        metavar='INDEX',
        help='which of the test samples; by default the first six',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('placement.png'),
        help='path of the picture',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='values that replace those of the config',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    model = MODELS.build(cfg.model).eval()
    load_whole(model, args.checkpoint)
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    batch = pseudo_collate([dataset[index] for index in args.samples])
    with torch.no_grad():
        predictions = model.test_step(batch)
        inputs = model.data_preprocessor(batch)['inputs']
        composites = model(inputs).clamp(0, 1)  # (B, 1 + stages, 1, H, W)
    pictures = (255 * composites[:, :, 0]).round().byte().cpu().numpy()
    corners = [p.pred_corners.cpu().numpy() for p in predictions]
    true = [p.gt_corners[1].cpu().numpy() for p in predictions]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_png(args.out, stages(pictures, corners, true))


if __name__ == '__main__':
    main()

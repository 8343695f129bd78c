"""Draw how a trained tracker follows things through test sequences.

python tools/visualize_tracking.py CONFIG CHECKPOINT

Writes ``tracking.gif``, and some of its frames into ``tracking.png``: the
window in one colour, the box of what is followed, thinly, in another.
"""

import argparse
from pathlib import Path

import torch
from mmengine.config import Config, DictAction
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import DATASETS, MODELS

from mmstn.checkpoint_fit import load_whole
from mmstn.files import write_png
from mmstn.models.tracker import box_corners
from mmstn.shipped import config_argument
from mmstn.visualization.animation import write_gif
from mmstn.visualization.film import film, strips

COLUMNS = 5  # sequences in the animation, and frames in the picture


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='See what a tracker follows')
    parser.add_argument(
        'config', type=config_argument, help='path or name of the config'
    )
    parser.add_argument('checkpoint', help='path or address of the checkpoint')
    parser.add_argument(
        '--samples',
        nargs='+',
        type=int,
        default=range(COLUMNS),
        metavar='INDEX',
        help='which of the test sequences; by default the first five',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('tracking'),
        help='folder for the pictures',
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
    clips = [inputs[0].numpy() for inputs in batch['inputs']]
    with torch.no_grad():
        predictions = model.test_step(batch)
    windows = [p.pred_corners.cpu().numpy() for p in predictions]
    boxes = [box_corners(p.gt_boxes[0]).cpu().numpy() for p in predictions]
    args.out.mkdir(parents=True, exist_ok=True)
    write_gif(args.out / 'tracking.gif', film(clips, windows, boxes))
    step = max(1, (len(clips[0]) - 1) // (COLUMNS - 1))
    times = range(0, len(clips[0]), step)
    write_png(args.out / 'tracking.png', strips(clips, windows, boxes, times))


if __name__ == '__main__':
    main()

"""Draw the window of a co-localisation by step of its training.

python tools/visualize_colocalisation.py CONFIG CHECKPOINT CHECKPOINT ...

Writes ``colocalisation.png``: a row for each image, a column for each
checkpoint; the window in one colour, the box of the digit, thinly, in another.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config, DictAction
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import DATASETS, MODELS

from mmstn.checkpoint_fit import load_whole
from mmstn.files import write_png
from mmstn.models.tracker import box_corners
from mmstn.shipped import config_argument
from mmstn.visualization.film import at
from mmstn.visualization.sheet import Row, sheet


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='See how a window is learnt')
    parser.add_argument(
        'config', type=config_argument, help='path or name of the config'
    )
    parser.add_argument(
        'checkpoints', nargs='+', type=Path, help='paths, a column each'
    )
    parser.add_argument(
        '--samples',
        type=int,
        default=4,
        help='how many of the test images; the first ones',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('colocalisation.png'),
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
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    batch = pseudo_collate([dataset[index] for index in range(args.samples)])
    windows = []
    for checkpoint in args.checkpoints:
        load_whole(model, str(checkpoint))
        with torch.no_grad():
            predictions = model.test_step(batch)
        windows.append([p.pred_corners.cpu().numpy() for p in predictions])
    rows = []
    for index, inputs in enumerate(batch['inputs']):
        clip = inputs.numpy()  # one frame, (1, H, W)
        box = box_corners(batch['data_samples'][index].gt_box)
        rows.append(
            Row(
                f'image {index + 1}',
                [
                    at(0, clip, shown[index][None], np.asarray(box)[None])
                    for shown in windows
                ],
            )
        )
    captions = [[path.stem.replace('_', ' ')] for path in args.checkpoints]
    write_png(args.out, sheet(rows, captions))


if __name__ == '__main__':
    main()

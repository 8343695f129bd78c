"""Draw how a trained tracker follows things through test sequences.

python tools/visualize_tracking.py CONFIG CHECKPOINT

Writes ``tracking.gif``, and some of its frames into ``tracking.png``: the
window in one colour, the box of what is followed, thinly, in another.
"""

from pathlib import Path

import numpy as np
import torch

from mmstn.apis.few_samples import few_samples, samples_parser
from mmstn.checkpoint_fit import load_whole
from mmstn.files import write_png
from mmstn.geometry.outline import box_corners
from mmstn.models import Tracker
from mmstn.visualization.animation import write_gif
from mmstn.visualization.film import film, strips

COLUMNS = 5  # sequences in the animation, and frames in the picture


def main() -> None:
    parser = samples_parser('See what a tracker follows', range(COLUMNS))
    parser.add_argument('checkpoint', help='path or address of the checkpoint')
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('tracking'),
        help='folder for the pictures',
    )
    args = parser.parse_args()
    model, batch = few_samples(args, Tracker)
    load_whole(model, args.checkpoint)
    clips = [inputs[0].numpy() for inputs in batch['inputs']]
    with torch.no_grad():
        predictions = model.test_step(batch)
    windows = [p.pred_corners.cpu().numpy() for p in predictions]
    boxes = [box_corners(p.gt_boxes[0]).cpu().numpy() for p in predictions]
    args.out.mkdir(parents=True, exist_ok=True)
    write_gif(args.out / 'tracking.gif', film(clips, windows, boxes))
    frames = len(clips[0])
    times = (
        np.linspace(0, frames - 1, min(COLUMNS, frames)).round().astype(int)
    )
    write_png(args.out / 'tracking.png', strips(clips, windows, boxes, times))


if __name__ == '__main__':
    main()

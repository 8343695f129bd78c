"""Draw the window of a co-localisation by step of its training.

python tools/visualize_colocalisation.py CONFIG CHECKPOINT CHECKPOINT ...

Writes ``colocalisation.png``: a row for each image, a column for each
checkpoint; the window in one colour, the box of the digit, thinly, in another.
"""

from pathlib import Path

import torch

from mmstn.apis.few_samples import few_samples, samples_parser
from mmstn.checkpoint_fit import load_whole
from mmstn.files import write_png
from mmstn.geometry.outline import box_corners
from mmstn.models import Colocaliser
from mmstn.visualization.film import stages


def main() -> None:
    parser = samples_parser('See how a window is learnt', range(4))
    parser.add_argument(
        'checkpoints', nargs='+', type=Path, help='paths, a column each'
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('colocalisation.png'),
        help='path of the picture',
    )
    args = parser.parse_args()
    model, batch = few_samples(args, Colocaliser)
    steps = []
    for checkpoint in args.checkpoints:
        load_whole(model, str(checkpoint))
        with torch.no_grad():
            predictions = model.test_step(batch)
        steps.append(torch.stack([p.pred_corners for p in predictions]))
    windows = torch.stack(steps, dim=1).cpu().numpy()  # (B, steps, 4, 2)
    pictures = [
        inputs.expand(len(steps), -1, -1).numpy() for inputs in batch['inputs']
    ]
    boxes = [
        box_corners(sample.gt_box).numpy() for sample in batch['data_samples']
    ]
    heads = [path.stem.replace('_', ' ') for path in args.checkpoints]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_png(args.out, stages(pictures, windows, boxes, heads))


if __name__ == '__main__':
    main()

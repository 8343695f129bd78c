"""Draw how a trained ST-GAN puts things into their places, stage by stage.

python tools/visualize_placement.py CONFIG CHECKPOINT

Writes a picture with a row for each test sample, and a column for each stage:
around the thing its outline, and thinly, in another colour, its true place.
"""

from pathlib import Path

import torch

from mmstn.apis.few_samples import few_samples, samples_parser
from mmstn.checkpoint_fit import load_whole
from mmstn.files import write_png
from mmstn.models import STGAN
from mmstn.visualization.film import stages


def main() -> None:
    parser = samples_parser('See where things are put', range(6))
    parser.add_argument('checkpoint', help='path or address of the checkpoint')
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('placement.png'),
        help='path of the picture',
    )
    args = parser.parse_args()
    model, batch = few_samples(args, STGAN)
    load_whole(model, args.checkpoint)
    with torch.no_grad():
        predictions = model.test_step(batch)
        inputs = model.data_preprocessor(batch)['inputs']
        composites = model(inputs).clamp(0, 1)  # (B, 1 + stages, 1, H, W)
    pictures = (255 * composites[:, :, 0]).round().byte().cpu().numpy()
    corners = [p.pred_corners.cpu().numpy() for p in predictions]
    true = [p.gt_corners[1].cpu().numpy() for p in predictions]
    later = range(1, pictures.shape[1])
    heads = ['start', *(f'stage {stage}' for stage in later)]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_png(args.out, stages(pictures, corners, true, heads))


if __name__ == '__main__':
    main()

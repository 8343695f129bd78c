"""Write a trained network as ONNX, for any size of batch.

python tools/export.py CONFIG CHECKPOINT [--theta] [--outlines]

The file is compared with torch, by onnxruntime, before it is written.
"""

import argparse
from pathlib import Path

from mmengine.config import Config, DictAction
from mmpretrain.apis import get_model

from mmstn.apis import export
from mmstn.apis.exporter import shape_of_images
from mmstn.checkpoint_fit import load_whole
from mmstn.shipped import config_argument


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Write a trained network as ONNX'
    )
    parser.add_argument(
        'config', type=config_argument, help='path or name of the config'
    )
    parser.add_argument('checkpoint', help='path or address of the checkpoint')
    parser.add_argument(
        '--out',
        type=Path,
        help='the file to write, by default named after the config, here',
    )
    parser.add_argument(
        '--theta', action='store_true', help='output theta as well'
    )
    parser.add_argument(
        '--outlines',
        action='store_true',
        help='output where each transformer looks as well, in pixels',
    )
    parser.add_argument(
        '--no-preprocess',
        action='store_true',
        help='images come normalised: leave out the data_preprocessor',
    )
    parser.add_argument(
        '--shape',
        nargs='+',
        type=int,
        metavar='N',
        help='of one image, channels first, such as 1 60 60 60; by default '
        "what the test set's pipeline makes of an image file",
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
    if args.cfg_options:
        cfg.merge_from_dict(args.cfg_options)
    model = get_model(cfg, pretrained=False)
    load_whole(model, args.checkpoint)
    shape = tuple(args.shape or shape_of_images(cfg))
    path = args.out or Path(f'{Path(args.config).stem}.onnx')
    differences = export(
        model,
        shape,
        path,
        not args.no_preprocess,
        args.theta,
        args.outlines,
    )
    print(f'{path}: images (B, {", ".join(map(str, shape))}) to')
    for name, difference in differences.items():
        print(f'  {name}, at most {difference:.1e} from torch')


if __name__ == '__main__':
    main()

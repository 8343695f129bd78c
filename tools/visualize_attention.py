"""Draw the regions that the transformers of a trained network read.

python tools/visualize_attention.py CONFIG CHECKPOINT IMAGE_OR_FOLDER

Writes ``attention/attention_1.png``, ...: five images a sheet, whole, with
the outline that each transformer read, and below it the output.
"""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from mmcv import imread
from mmengine.config import Config, DictAction
from mmengine.device import get_device
from mmpretrain.utils import track

from mmstn.apis import STNInferencer, as_json
from mmstn.checkpoint_fit import load_whole
from mmstn.files import write_png, write_whole
from mmstn.models.transformer import IterativeSpatialTransformer
from mmstn.shipped import config_argument
from mmstn.visualization.animation import write_gif
from mmstn.visualization.image_sheet import as_picture, image_sheet

COLUMNS = 5  # images a sheet
SUFFIXES = (
    '.bmp',
    '.jpeg',
    '.jpg',
    '.pgm',
    '.png',
    '.ppm',
    '.tif',
    '.tiff',
    '.webp',
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='See where a trained network looks'
    )
    parser.add_argument(
        'config', type=config_argument, help='path or name of the config'
    )
    parser.add_argument('checkpoint', help='path or address of the checkpoint')
    parser.add_argument(
        'images', type=Path, help='an image, or a folder with images in it'
    )
    parser.add_argument(
        '--out',
        type=Path,
        help='folder for pictures; by default attention, or none if there is '
        'only --json to write',
    )
    parser.add_argument(
        '--json',
        type=Path,
        help='file to write classes and outlines to, in pixels of the images',
    )
    parser.add_argument(
        '--save-crops',
        action='store_true',
        help='write the output of each transformer into OUT/crops',
    )
    parser.add_argument(
        '--animate',
        nargs='+',
        type=Path,
        metavar='CHECKPOINT',
        help='a work dir, or checkpoints in order: write into '
        'OUT/attention.gif how the attention on the first images moved',
    )
    parser.add_argument(
        '--steps',
        action='store_true',
        help='write into OUT/steps.gif where the steps of iterative '
        'transformers look on the first images',
    )
    parser.add_argument(
        '--device', help='by default a GPU if there is one, else the CPU'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='values that replace those of the config',
    )
    args = parser.parse_args()
    draws = args.save_crops or args.animate or args.steps or not args.json
    if draws and not args.out:
        args.out = Path('attention')
    return args


def find_images(place: Path) -> list[Path]:
    """Return an image, or those in a folder and the folders in it."""
    if not place.is_dir():
        return [place]
    images = [p for p in place.rglob('*') if p.suffix.lower() in SUFFIXES]
    if not images:
        raise ValueError(
            f'{place} has no images; it should have files that end in '
            f'{", ".join(SUFFIXES)}'
        )
    return sorted(images)


def find_checkpoints(places: list[Path]) -> list[Path]:
    """Return the checkpoints given, or all of a work dir in order."""
    for place in places:
        if not place.exists():
            raise ValueError(f'--animate: there is no {place}')
    if len(places) > 1 or not places[0].is_dir():
        return places
    numbered = {
        path: int(match[1])
        for path in places[0].glob('*.pth')
        if (match := re.fullmatch(r'(?:epoch|iter)_(\d+)', path.stem))
    }
    if not numbered:
        raise ValueError(
            f'--animate: {places[0]} has no epoch_1.pth, epoch_2.pth, ... '
            '(or iter_); to keep every checkpoint, train with --cfg-options '
            'default_hooks.checkpoint.interval=1 '
            'default_hooks.checkpoint.max_keep_ckpts=-1'
        )
    return sorted(numbered, key=numbered.get)


def look(
    inferencer: STNInferencer, images: list[Path]
) -> Iterator[list[dict]]:
    """Yield the results of images, one contact sheet at a time."""
    batches = inferencer.preprocess(images, batch_size=COLUMNS)
    total = -(-len(images) // COLUMNS)
    for batch in track(batches, 'Looking', total=total):
        yield inferencer.postprocess(inferencer.forward(batch), None)


def draw(results: list[dict], **settings) -> np.ndarray:
    """Return a contact sheet of results and their images."""
    images = [imread(result['path'])[..., ::-1] for result in results]
    return image_sheet(images, results, **settings)


def animation(
    inferencer: STNInferencer, images: list[Path], checkpoints: list[Path]
) -> Iterator[np.ndarray]:
    """Yield where each checkpoint looks; the network keeps the last one."""
    for path in checkpoints:
        load_whole(inferencer.model, str(path))
        for results in look(inferencer, images):
            yield draw(results, heading=path.stem, with_crops=False)


def step_by_step(
    inferencer: STNInferencer, images: list[Path]
) -> Iterator[np.ndarray]:
    """Yield where each step of iterative transformers looks."""
    iterative = {
        transformer: transformer.num_steps
        for transformer in inferencer.transformers.values()
        if isinstance(transformer, IterativeSpatialTransformer)
    }
    if not iterative:
        raise ValueError(
            '--steps: the network has no mmstn.IterativeSpatialTransformer'
        )
    for step in range(1, max(iterative.values()) + 1):
        for transformer, num_steps in iterative.items():
            transformer.num_steps = min(step, num_steps)
        for results in look(inferencer, images):
            yield draw(results, heading=f'step {step}')


def write(path: Path, picture: np.ndarray) -> None:
    """Write an RGB picture, into a folder that need not be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, picture)


def save_crops(folder: Path, results: list[dict], images: Path) -> None:
    """Write crops by the names of their images and transformers."""
    root = images if images.is_dir() else images.parent
    for result in results:
        image = Path(result['path']).relative_to(root)
        for region in result['regions']:
            name = region['transformer'].replace(' ', '_')
            picture = as_picture(region['crop'])
            write(folder / f'{image}_{name}.png', picture)


def main() -> None:
    args = parse_args()
    cfg = Config.fromfile(args.config)
    if args.cfg_options:
        cfg.merge_from_dict(args.cfg_options)
    images = find_images(args.images)
    checkpoints = find_checkpoints(args.animate) if args.animate else []
    inferencer = STNInferencer(
        cfg, args.checkpoint, device=args.device or get_device()
    )
    lines = []
    try:
        for number, results in enumerate(look(inferencer, images), 1):
            lines += [json.dumps(as_json(r), allow_nan=False) for r in results]
            if args.out:
                picture = draw(results)
                write(args.out / f'attention_{number}.png', picture)
            if args.save_crops:
                save_crops(args.out / 'crops', results, args.images)
    finally:  # what was looked at stays, if an image is damaged
        if args.json:
            args.json.parent.mkdir(parents=True, exist_ok=True)
            content = '[\n' + ',\n'.join(lines) + '\n]\n'
            write_whole(args.json, content.encode())
    if args.steps:
        frames = step_by_step(inferencer, images[:COLUMNS])
        write_gif(args.out / 'steps.gif', list(frames))
    if checkpoints:
        frames = animation(inferencer, images[:COLUMNS], checkpoints)
        write_gif(args.out / 'attention.gif', list(frames))


if __name__ == '__main__':
    main()

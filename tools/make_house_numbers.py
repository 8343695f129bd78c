"""Make house numbers from MNIST: python tools/make_house_numbers.py.

They come in SVHN's layout: train and test, each with 1.png, 2.png, ... and
digitStruct.mat. Then: python tools/prepare_svhn.py data/house_numbers.
"""

import argparse
from pathlib import Path

from mmengine.utils import track_iter_progress

from mmstn.datasets.digits.mnist import load_mnist
from mmstn.datasets.svhn.synthetic_house_numbers import make_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument(
        'root',
        type=Path,
        nargs='?',
        default='data/house_numbers',
        help='a new folder for them',
    )
    parser.add_argument('--mnist', default='data/mnist')
    parser.add_argument('--train', type=int, default=40000, help='how many')
    parser.add_argument('--test', type=int, default=5000, help='how many')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    if min(args.train, args.test) < 1 or args.seed < 0:
        parser.error('--train and --test start at 1, and --seed at 0')
    if args.root.exists():
        parser.error(f'{args.root} exists; delete it or name another folder')
    for key, split in enumerate(('train', 'test')):
        digits = load_mnist(args.mnist, split, download=True)
        make_folder(
            args.root / split,
            digits,
            getattr(args, split),
            (args.seed, key),
            track_iter_progress,
        )


if __name__ == '__main__':
    main()

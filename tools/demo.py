"""Open a page in the browser: move a picture, and see where it is looked at.

python tools/demo.py                       # weights that come with mmstn
python tools/demo.py CONFIG CHECKPOINT
"""

import argparse

from mmstn.apis import STNInferencer
from mmstn.shipped import config_argument


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Open a page to see where a network looks'
    )
    parser.add_argument(
        'config',
        nargs='?',
        default='stn_digits',
        type=config_argument,
        help='path or name of the config, by default stn_digits',
    )
    parser.add_argument(
        'checkpoint',
        nargs='?',
        default=True,
        help='its path; by default the weights that come with mmstn',
    )
    parser.add_argument(
        '--port', type=int, help='by default the first free one from 7860 on'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    from mmstn.apis.demo import serve  # gradio takes seconds to import

    serve(STNInferencer(args.config, args.checkpoint), args.port)


if __name__ == '__main__':
    main()

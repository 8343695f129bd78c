"""Cut the house numbers out of SVHN: python tools/prepare_svhn.py data/svhn.

The folder holds train, test and extra, unpacked from the full numbers at
http://ufldl.stanford.edu/housenumbers; the crops come beside them, into
crops64 and crops128. What is there is kept: run it again after an interruption
or when images were added. If boxes changed, delete the crops first.
"""

import argparse
from pathlib import Path

from mmengine.utils import track_iter_progress

from mmstn.datasets.svhn.svhn_crops import (
    FOLDERS,
    annotation_file,
    download_instructions,
    prepare,
)

SHOWN = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('root', type=Path, help='the folder of the folders')
    root = parser.parse_args().root
    found = [f for f in FOLDERS if (root / f / 'digitStruct.mat').is_file()]
    if not found:
        parser.error(
            f'{root} has no digitStruct.mat in any of {", ".join(FOLDERS)}. '
            + download_instructions(root)
        )
    problems = []
    for folder in FOLDERS:
        if folder not in found:
            print(f'{root / folder}: not there, left out')
            continue
        print(f'{root / folder}:')
        try:
            left_out = prepare(root, folder, track_iter_progress)
        except (OSError, ValueError) as error:  # its list, images, the disk
            problems.append(str(error))
            continue
        print(f'{len(left_out)} images without crops')
        for name, reason in list(left_out.items())[:SHOWN]:
            print(f'  {root / folder / name} {reason}')
        if len(left_out) > SHOWN:
            path = annotation_file(root, 64, folder)
            print(f'  and {len(left_out) - SHOWN} more, listed in {path}')
    if problems:
        parser.exit(1, '\n'.join(problems) + '\n')


if __name__ == '__main__':
    main()

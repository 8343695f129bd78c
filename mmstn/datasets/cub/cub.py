"""The birds of CUB-200-2011."""

from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from mmpretrain.datasets import CUB as MMPretrainCUB

from mmstn.registry import DATASETS

ARCHIVE = 'https://data.caltech.edu/records/65de6-vp158'
AGAIN = 'unpack CUB_200_2011.tgz anew'
CLASSES = 200
LINES = {  # what stands on each line
    'images.txt': '<image_id> <class>/<image>.jpg',
    'image_class_labels.txt': '<image_id> <class_id>',
    'train_test_split.txt': '<image_id> <is_training_image>',
}
FILES = ('images', *LINES)


@DATASETS.register_module()
class CUB(MMPretrainCUB):
    """MMPretrain's ``CUB``, with checked lists and download instructions.

    Source: Wah et al. 2011, The Caltech-UCSD Birds-200-2011 Dataset.

    Raises:
        FileNotFoundError: If ``data_root`` is not the official folder.
        ValueError: If a list or an image is damaged; says where.
    """

    def load_data_list(self) -> list[dict]:
        check_folder(self.data_root, FILES)
        check_lists(Path(self.data_root))
        return super().load_data_list()

    def prepare_data(self, idx: int) -> dict:
        try:
            return super().prepare_data(idx)
        except (AssertionError, OSError, cv2.error) as error:
            path = Path(self.get_data_info(idx)['img_path'])
            if is_decoded(path):
                raise  # a step of the pipeline
            raise ValueError(
                f'CUB: {path} is missing, empty or no image; {AGAIN}'
            ) from error


def is_decoded(path: Path) -> bool:
    """Return whether OpenCV can read a file as an image."""
    content = path.read_bytes() if path.is_file() else b''
    codes = np.frombuffer(content, np.uint8)
    return bool(content) and cv2.imdecode(codes, 1) is not None


def check_lists(root: Path) -> None:
    """Raise a ValueError that names the first line that cannot be right."""
    known = {
        'images.txt': None,
        'image_class_labels.txt': set(map(str, range(1, CLASSES + 1))),
        'train_test_split.txt': {'0', '1'},
    }
    first = None
    for name, layout in LINES.items():
        ids = set()
        expected = known[name]
        for number, (image, value) in enumerate(words(root, name, layout), 1):
            right = is_image(value) if expected is None else value in expected
            if not image.isdecimal() or image in ids or not right:
                raise ValueError(
                    f'CUB-200-2011: line {number} of {root / name} is '
                    f"'{image} {value}', but must be {layout}, each image "
                    f'once, classes from 1 to {CLASSES}, the split 0 or 1; '
                    f'{AGAIN}'
                )
            ids.add(image)
        first = first or ids
        if ids != first:
            image = min(ids ^ first, key=int)
            raise ValueError(
                f'CUB-200-2011: {root / name} has {len(ids)} images, but '
                f'images.txt {len(first)}; image {image} is in one of them '
                f'only; {AGAIN}'
            )


def is_image(name: str) -> bool:
    """Return whether a name is a folder of a class and a file."""
    parts = PurePosixPath(name).parts
    return len(parts) == 2 and not {'/', '..'} & {*parts}


def words(root: Path, name: str, layout: str) -> list[list[str]]:
    """Return the words on each line of a list.

    Args:
        root: The folder ``CUB_200_2011``.
        name: The list's, within it.
        layout: What stands on each line; its last word may hold spaces.

    Raises:
        ValueError: If a line has not as many words as it must.
    """
    count = len(layout.split())
    lines = []
    text = (root / name).read_text(errors='surrogateescape')
    for number, line in enumerate(text.splitlines(), 1):
        lines.append(line.split(maxsplit=count - 1))
        if len(lines[-1]) != count:
            raise ValueError(
                f'CUB-200-2011: line {number} of {root / name} must be '
                f'{layout}, but is {line!r}; {AGAIN}'
            )
    return lines


def check_folder(data_root: str, files: tuple[str, ...]) -> None:
    """Raise a FileNotFoundError unless ``data_root`` holds ``files``."""
    root = Path(data_root)
    missing = [file for file in files if not (root / file).exists()]
    if missing:
        raise FileNotFoundError(
            f'CUB: data_root={data_root!r} has no {", ".join(missing)}; it '
            f'must be the folder of CUB_200_2011.tgz from {ARCHIVE}: '
            f'mkdir -p {root.parent} && '
            f'tar -xzf CUB_200_2011.tgz -C {root.parent}'
        )

"""House numbers of SVHN, five labels each."""

import json
import shlex
from pathlib import Path

from mmpretrain.datasets import BaseDataset

from mmstn.datasets.svhn.svhn_crops import (
    EXPANSION,
    LENGTH,
    annotation_file,
    download_instructions,
)
from mmstn.registry import DATASETS

SPLITS = ('train', 'val', 'test')


@DATASETS.register_module()
class HouseNumbers(BaseDataset):
    """Crops of whole house numbers, made by ``tools/prepare_svhn.py``.

    ``gt_label`` holds five numbers: the digits from left to right, then 10
    where there are no more.

    Source: Netzer et al. 2011; Jaderberg et al. 2015, section 4.2, which
    trains on ``train`` and ``extra`` without 5,000 images for validation.

    Args:
        data_root: Folder of the official ``train``, ``test`` and ``extra``.
        split: ``'train'``, ``'val'`` or ``'test'``.
        size: Side of the crops in pixels: 64, or 128 for the looser ones.
        held_out: Images of the training folders that are ``'val'``, spread
            evenly over them; at least one if that is the split.
        with_extra: Whether ``extra`` is one of the training folders.
        **kwargs: Of MMPretrain's ``BaseDataset``, such as ``pipeline``.

    Raises:
        FileNotFoundError: If the crops are not there.
        ValueError: If an argument or the list of the crops is wrong.
    """

    METAINFO = {'classes': (*'0123456789', '-')}

    def __init__(
        self,
        data_root: str,
        split: str,
        size: int = 64,
        held_out: int = 5000,
        with_extra: bool = True,
        **kwargs,
    ):
        if split not in SPLITS or size not in EXPANSION:
            raise ValueError(
                f'HouseNumbers: split must be one of {", ".join(SPLITS)} and '
                f'size one of {", ".join(map(str, EXPANSION))}, but got '
                f'split={split!r} and size={size!r}'
            )
        self.split = split
        self.size = size
        self.held_out = held_out
        self.folders = ['train', 'extra'] if with_extra else ['train']
        if split == 'test':
            self.folders = ['test']
        kwargs.setdefault('test_mode', split != 'train')
        super().__init__(ann_file='', data_root=data_root, **kwargs)

    def load_data_list(self) -> list[dict]:
        root = Path(self.data_root).expanduser()
        rows = [
            row for folder in self.folders for row in self.rows(root, folder)
        ]
        if self.split == 'test':
            return rows
        number = self.held_out
        least = 1 if self.split == 'val' else 0
        if type(number) is not int or not least <= number < len(rows):
            raise ValueError(
                f'HouseNumbers: held_out must be a whole number from {least}, '
                f'below the {len(rows)} images of {" and ".join(self.folders)}'
                f' in {self.data_root}, but got {number!r}'
            )
        return [
            row
            for index, row in enumerate(rows)
            if is_held_out(index, number, len(rows)) == (self.split == 'val')
        ]

    def rows(self, root: Path, folder: str) -> list[dict]:
        """Return the data of the crops of one official folder."""
        path = annotation_file(root, self.size, folder)
        if not path.is_file():
            raise FileNotFoundError(how_to_get(root, path))
        try:
            rows = json.loads(path.read_text())['data_list']
            for number, row in enumerate(rows, 1):
                check_row(number, row)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f'HouseNumbers: {path} is damaged ({error!r}); '
                f'{how_to_prepare(root)}'
            ) from error
        crops = path.with_suffix('')
        return [
            {**row, 'img_path': str(crops / row['img_path'])} for row in rows
        ]

    def get_cat_ids(self, idx: int) -> list[int]:
        return self.get_data_info(idx)['gt_label']

    def extra_repr(self) -> list[str]:
        return [f'Split: \t{self.split}', f'Size: \t{self.size}']


def check_row(number: int, row: dict) -> None:
    """Raise an error unless a row is one of ``tools/prepare_svhn.py``."""
    name, label = row['img_path'], row['gt_label']
    if Path(name).name != name:
        raise ValueError(f'image {number}: {name!r} is no plain file name')
    if len(label) != LENGTH or not all(d in range(11) for d in label):
        raise ValueError(
            f'image {number}: {label} are not {LENGTH} labels from 0 to 10'
        )


def is_held_out(index: int, count: int, total: int) -> bool:
    """Return whether an index is among ``count`` even ones of ``total``."""
    return index * count // total < (index + 1) * count // total


def how_to_prepare(root: Path) -> str:
    """Return the instructions to make the crops."""
    return f'run python tools/prepare_svhn.py {shlex.quote(str(root))}'


def how_to_get(root: Path, path: Path) -> str:
    """Return the instructions to get the crops of one folder."""
    if (root / path.stem / 'digitStruct.mat').is_file():
        return f'HouseNumbers: {path} is missing; {how_to_prepare(root)}'
    leave = ', or do without by with_extra=False' * (path.stem == 'extra')
    return (
        f'HouseNumbers: {path} is missing. '
        f'{download_instructions(root)}; then '
        f'{how_to_prepare(root)}'
        f'{leave}. Without SVHN, configs/house_numbers trains on what '
        'python tools/make_house_numbers.py makes from MNIST.'
    )

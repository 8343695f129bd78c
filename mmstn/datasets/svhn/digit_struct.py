"""Read and write ``digitStruct.mat``, SVHN's list of house numbers.

A MATLAB 7.3 file, which is HDF5: ``digitStruct/name`` and
``digitStruct/bbox`` hold a reference for each image, to its file name as
character codes and to a group of ``label``, ``left``, ``top``, ``width`` and
``height``. Of an image with one digit these are numbers, of any other
references to numbers. Label 10 stands for the digit 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

FIELDS = ('left', 'top', 'width', 'height')
DAMAGED = (  # what h5py raises, and what follows from wrong numbers
    IndexError,
    KeyError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class HouseNumber:
    """One image of the list.

    Args:
        name: Its file name.
        digits: Its digits, each from 0 to 9, left to right.
        boxes: float64 ``(digits, 4)``: left, top, width and height of each
            digit in pixels; left and top are counted from the corner of the
            image, which is (0, 0).
    """

    name: str
    digits: tuple[int, ...]
    boxes: np.ndarray


class DigitStruct:
    """The house numbers of a ``digitStruct.mat``, in its order.

    Each pass reads the file again, one number at a time.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged or of another kind; where the damage lies
            within, from the pass that comes upon it.
    """

    def __init__(self, path: Path):
        self.path = path
        with self.open() as file:
            self.length = len(file['digitStruct/name'])

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[HouseNumber]:
        with self.open() as file:
            entry = 0
            try:
                names = file['digitStruct/name'][:, 0]
                groups = file['digitStruct/bbox'][:, 0]
                for name, group in zip(names, groups, strict=True):
                    entry += 1
                    yield read_number(file, name, group)
            except DAMAGED as error:
                raise ValueError(
                    f'{self.path} is damaged at image {entry} of {len(self)} '
                    f'({error!r}); delete it and unpack or fetch it again'
                ) from error

    def open(self) -> h5py.File:
        """Return the open file."""
        try:
            file = h5py.File(self.path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ValueError(
                f'{self.path} is damaged, truncated, or no MATLAB 7.3 file '
                f'({error}); delete it and unpack or fetch it again'
            ) from error
        lists = [file.get(f'digitStruct/{of}') for of in ('name', 'bbox')]
        if all(isinstance(cells, h5py.Dataset) for cells in lists):
            return file
        with file:
            raise ValueError(
                f'{self.path} must hold lists digitStruct/name and '
                "digitStruct/bbox, as SVHN's does, but holds "
                f'{", ".join(file) or "nothing"}'
            )


def read_number(
    file: h5py.File, name: h5py.Reference, group: h5py.Reference
) -> HouseNumber:
    """Return the house number that two references lead to.

    Through h5py's lower layer, which takes a third of the time.
    """

    def follow(reference: h5py.Reference):
        return h5py.h5r.dereference(reference, file.id)

    def values(field: str) -> np.ndarray:
        cells = column(h5py.h5d.open(group, field.encode()))
        if cells.dtype != object:
            return cells
        return np.array([column(follow(cell))[0] for cell in cells])

    group = follow(group)
    columns = [values(field) for field in ('label', *FIELDS)]
    label, *boxes = np.stack(columns)  # as many of each
    return HouseNumber(
        name=''.join(map(chr, column(follow(name)))),
        digits=tuple(int(digit) % 10 for digit in label),
        boxes=np.stack(boxes, axis=1),
    )


def column(cells: h5py.h5d.DatasetID) -> np.ndarray:
    """Return a data set of one column."""
    values = np.empty(cells.shape, cells.dtype)
    cells.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
    return values[:, 0]


def write_digit_struct(path: Path, numbers: Sequence[HouseNumber]) -> None:
    """Write a ``digitStruct.mat`` laid out as SVHN's.

    Unlike there, equal numbers are stored once.
    """
    with h5py.File(path, 'w') as file:
        cells = file.create_group('#refs#')
        known = {}

        def reference(value: float) -> h5py.Reference:
            if value not in known:
                cell = cells.create_dataset(f'n{value}', data=[[value]])
                known[value] = cell.ref
            return known[value]

        names, groups = [], []
        for index, number in enumerate(numbers):
            codes = np.array([[ord(letter)] for letter in number.name], 'u2')
            names.append(cells.create_dataset(f'name{index}', data=codes).ref)
            group = cells.create_group(f'bbox{index}')
            columns = dict(zip(FIELDS, number.boxes.T, strict=True))
            columns['label'] = [digit or 10 for digit in number.digits]
            for field, column in columns.items():
                column = [float(value) for value in column]
                if len(column) > 1:
                    column = [reference(value) for value in column]
                group.create_dataset(
                    field,
                    data=[[value] for value in column],
                    dtype='f8' if len(column) == 1 else h5py.ref_dtype,
                )
            groups.append(group.ref)
        for field, references in (('name', names), ('bbox', groups)):
            cells = np.empty((len(numbers), 1), h5py.ref_dtype)
            cells[:, 0] = references
            file[f'digitStruct/{field}'] = cells

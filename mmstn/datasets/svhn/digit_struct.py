"""Read and write ``digitStruct.mat``, SVHN's list of house numbers.

A MATLAB 7.3 file, which is HDF5: ``digitStruct/name`` and
``digitStruct/bbox`` hold a reference for each image, to its file name as
character codes and to a group of ``label``, ``left``, ``top``, ``width`` and
``height``. Of an image with one digit these are numbers, of any other
references to numbers. Label 10 stands for the digit 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import h5py
import numpy as np

FIELDS = ('left', 'top', 'width', 'height')
MOST_IMAGES = 1_000_000  # SVHN's longest list, extra, has 202,353
MOST_DIGITS = 20  # boxes in one image
LONGEST_NAME = 200
Member = h5py.h5g.GroupID | h5py.h5d.DatasetID
DAMAGED = (  # what h5py raises, and what follows from wrong numbers
    AttributeError,
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
            self.length = lists(file)[0].shape[0]

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[HouseNumber]:
        with self.open() as file:
            entry = 0
            try:
                names, groups = map(column, lists(file))
                for name, group in zip(names, groups, strict=True):
                    entry += 1
                    yield read_number(file, name, group)
            except DAMAGED as error:
                raise ValueError(
                    f'{self.path} is damaged at image {entry} of {len(self)} '
                    f'({error}); delete it and unpack or fetch it again'
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
        try:
            lists(file)
        except DAMAGED as error:
            with file:
                held = ', '.join(islice(file, 5)) or 'nothing'
            raise ValueError(
                f'{self.path} must hold lists digitStruct/name and '
                f"digitStruct/bbox, as SVHN's does, but holds {held} "
                f'({error}); unpack or fetch it again'
            ) from error
        return file


def lists(file: h5py.File) -> list[h5py.h5d.DatasetID]:
    """Return the references to all names, and to all groups."""
    root = member(file.id, 'digitStruct')
    cells = [member(root, field) for field in ('name', 'bbox')]
    for references in cells:
        check_column(references, MOST_IMAGES)
    return cells


def member(group: h5py.h5g.GroupID, name: str) -> Member:
    """Return a member of a group; raise a ValueError if it is a link."""
    if group.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
        raise ValueError(f'{name} is a link to elsewhere')
    return h5py.h5o.open(group, name.encode())


def read_number(
    file: h5py.File, name: h5py.Reference, group: h5py.Reference
) -> HouseNumber:
    """Return the house number that two references lead to.

    Through h5py's lower layer, which takes a third of the time.
    """

    def follow(reference: h5py.Reference):
        return h5py.h5r.dereference(reference, file.id)

    def values(field: str) -> np.ndarray:
        cells = column(member(group, field), MOST_DIGITS)
        if cells.dtype != object:
            return cells
        return np.array([column(follow(cell), 1)[0] for cell in cells])

    group = follow(group)
    columns = [values(field) for field in ('label', *FIELDS)]
    labels, *boxes = np.stack(columns)  # as many of each
    for label in labels.tolist():
        if label not in range(1, 11):
            raise ValueError(f'its label {label} is not 1, 2, ... or 10')
    codes = column(follow(name), LONGEST_NAME)
    return HouseNumber(
        name=plain_name(''.join(map(chr, codes.tolist()))),
        digits=tuple(int(label) % 10 for label in labels),
        boxes=np.stack(boxes, axis=1),
    )


def plain_name(name: str) -> str:
    """Return a name if it is a plain file name.

    Raises:
        ValueError: If it leads elsewhere, is hidden, or cannot be printed.
    """
    leads_on = '/' in name or '\\' in name or name.startswith('.')
    if leads_on or not name.isprintable():
        raise ValueError(f'its name {name!r} is no plain file name')
    return name


def check_column(cells: Member | None, most: int) -> None:
    """Raise a ValueError unless this is a short column, all in this file.

    A list may be compressed, but not so much that it takes minutes.

    Args:
        cells: What a reference led to; None where it was a null reference.
        most: Rows there may be; at least one, if it is not a whole list.
    """
    if not isinstance(cells, h5py.h5d.DatasetID):
        raise ValueError('a reference leads to no column')
    rows, *others = cells.shape or (0,)
    least = 0 if most == MOST_IMAGES else 1
    if others != [1] or not least <= rows <= most:
        raise ValueError(
            f'a column has shape {cells.shape}, where ({least} to {most}, 1) '
            'is expected'
        )
    layout = cells.get_create_plist()
    if layout.get_layout() == h5py.h5d.COMPACT:
        return
    elsewhere = layout.get_layout() == h5py.h5d.VIRTUAL
    if elsewhere or layout.get_external_count():
        raise ValueError('a column is stored in another file')
    if layout.get_nfilters() and cells.get_storage_size() > most:
        raise ValueError(
            f'a column of {rows} rows is compressed to '
            f'{cells.get_storage_size()} bytes'
        )


def column(cells: h5py.h5d.DatasetID, most: int = MOST_IMAGES) -> np.ndarray:
    """Return a data set of one column, of numbers or of references."""
    check_column(cells, most)
    is_reference = h5py.check_ref_dtype(cells.dtype) is h5py.Reference
    if not is_reference and cells.dtype.kind not in 'fiu':
        raise ValueError(f'a column has dtype {cells.dtype}')
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

"""The handwritten digits of MNIST: find, fetch, read, check."""

import tempfile
from pathlib import Path

import numpy as np
from mmengine import dist
from torchvision.datasets import MNIST
from torchvision.datasets.utils import download_url

from mmstn.datasets.digits.idx import read_idx
from mmstn.files import write_whole

DIGIT_SIDE = 28  # of a digit, in pixels
STEMS = {'train': 'train', 'test': 't10k'}


def load_mnist(
    data_root: str, split: str, download: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images, uint8 ``(N, 28, 28)``, and labels, int64 ``(N,)``.

    Args:
        data_root: Folder of the idx files, gzipped or not.
        split: ``'train'`` or ``'test'``.
        download: Whether to fetch what is missing, on the main process of a
            distributed run.

    Raises:
        FileNotFoundError: If files are missing and not to be had.
        ValueError: If a file is damaged, or the files do not fit each other.
    """
    root = Path(data_root).expanduser()
    names = [
        f'{STEMS[split]}-images-idx3-ubyte',
        f'{STEMS[split]}-labels-idx1-ubyte',
    ]
    try:
        if download and dist.is_main_process():
            for name in names:
                if find(root, name) is None:
                    fetch(root, name)
    finally:  # the others wait here, whatever happens on the main process
        dist.barrier()
    paths = [find(root, name) for name in names]
    if None in paths:
        raise FileNotFoundError(download_instructions(root, names))
    images = read_idx(paths[0], axes=3)
    labels = read_idx(paths[1], axes=1).astype(np.int64)
    check(images, labels, paths)
    return images, labels


def find(root: Path, name: str) -> Path | None:
    """Return the path of a file, gzipped or not, None if it is missing."""
    for path in (root / name, root / f'{name}.gz'):
        if path.is_file():
            return path
    return None


def fetch(root: Path, name: str) -> None:
    """Download one gzipped file from torchvision's mirrors, md5 checked.

    It appears in ``root`` only when it is complete. Until then it is in the
    system's folder of temporary files, which is swept if this is killed.
    """
    filename = f'{name}.gz'
    root.mkdir(parents=True, exist_ok=True)
    failures = []
    for mirror in MNIST.mirrors:
        with tempfile.TemporaryDirectory() as folder:
            try:
                download_url(
                    f'{mirror}{filename}',
                    folder,
                    filename,
                    dict(MNIST.resources)[filename],
                )
            except (OSError, RuntimeError) as error:  # URLError is an OSError
                failures.append(f'{mirror}: {error}')
                continue
            content = (Path(folder) / filename).read_bytes()
            write_whole(root / filename, content)
            return
    raise FileNotFoundError(
        download_instructions(root, [name], 'Set')
        + ' Downloading it failed: '
        + '; '.join(failures)
    )


def download_instructions(
    root: Path, names: list[str], advice: str = 'Set download=True, set'
) -> str:
    """Return the instructions to get the files that a folder lacks."""
    return (
        f'MNIST: {root.resolve()} lacks {" or ".join(names)}. The folder must '
        'hold the idx files of MNIST, gzipped (.gz) or not: '
        'train-images-idx3-ubyte, train-labels-idx1-ubyte, '
        f't10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. {advice} data_root '
        f'to such a folder, or fetch them from {MNIST.mirrors[0]} . In a '
        'distributed run the folder must be one that all processes see.'
    )


def check(images: np.ndarray, labels: np.ndarray, paths: list[Path]) -> None:
    """Raise a ValueError unless images and labels are digits and match."""
    if len(images) == 0 or images.shape[1:] != (28, 28):
        raise ValueError(
            f'{paths[0]} must hold images of 28x28 pixels, but has shape '
            f'{images.shape}'
        )
    if len(images) != len(labels):
        raise ValueError(
            f'{paths[0]} holds {len(images)} images, but {paths[1]} '
            f'{len(labels)} labels; they must be as many: fetch both again '
            'from one place'
        )
    if labels.max() > 9:
        raise ValueError(
            f'{paths[1]} must hold labels from 0 to 9, but holds '
            f'{labels.max()}'
        )

"""The birds of CUB-200-2011."""

from pathlib import Path

from mmpretrain.datasets import CUB as MMPretrainCUB

from mmstn.registry import DATASETS

ARCHIVE = 'https://data.caltech.edu/records/65de6-vp158'
FILES = (
    'images',
    'images.txt',
    'image_class_labels.txt',
    'train_test_split.txt',
)


@DATASETS.register_module()
class CUB(MMPretrainCUB):
    """MMPretrain's ``CUB``, which says how to get the birds if there are none.

    Source: Wah et al. 2011, The Caltech-UCSD Birds-200-2011 Dataset.

    Raises:
        FileNotFoundError: If ``data_root`` is not the official folder.
    """

    def load_data_list(self) -> list[dict]:
        check_folder(self.data_root, FILES)
        return super().load_data_list()


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

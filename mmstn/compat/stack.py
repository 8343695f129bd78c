"""Which of the two OpenMMLab stacks is installed."""

import importlib.metadata
import importlib.util
import sys
import warnings

# Module, and the distributions that own its folder.
OWNERS = {
    'mmengine': ('mmengine', 'onedl-mmengine'),
    'mmcv': ('mmcv', 'mmcv-lite', 'onedl-mmcv'),
    'mmpretrain': ('mmpretrain', 'onedl-mmpretrain'),
}
CHOICE = (
    "`pip install 'mmstn[openmmlab]'` (the frozen releases) or `pip install "
    "'mmstn[onedl]'` (their maintained forks), never both: they own the same "
    'folders'
)


def check_stack() -> None:
    """Raise ``ImportError`` without a stack, and warn of two in one place.

    MMEngine hides an ImportError behind "mmstn.X is not in the registry":
    the sentence is printed too.
    """
    missing = [name for name in OWNERS if not importlib.util.find_spec(name)]
    if missing:
        sentence = f'mmstn needs {", ".join(missing)}. Run {CHOICE}.'
        print(f'mmstn: {sentence}', file=sys.stderr)
        raise ImportError(sentence)
    for module, owners in OWNERS.items():
        owners = [name for name in owners if is_distribution(name)]
        if len(owners) > 1:
            warnings.warn(
                f'{" and ".join(owners)} are installed over each other in '
                f'the folder {module}, so files of both are mixed. Uninstall '
                f'all of MMEngine, MMCV and MMPretrain, then run {CHOICE}.',
                stacklevel=2,
            )


def is_distribution(name: str) -> bool:
    """Return whether a distribution of this name is installed."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True

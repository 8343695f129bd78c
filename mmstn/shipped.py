"""Configs, tools and weights inside packages, found by path or by name."""

import argparse
import difflib
import importlib.util
from pathlib import Path

MIM = Path(__file__).parent / '.mim'
WEIGHTS = Path(__file__).parent / 'weights'


def find_config(name: str) -> Path:
    """Return the path of a config.

    Args:
        name: The path of a file, or the name of a config of mmstn: its path
            below ``configs/``, or the last part of that if no other config
            shares it. ``mmstn::`` in front and ``.py`` behind are optional.

    Raises:
        FileNotFoundError: If there is none, with the names spelt alike.
    """
    if Path(name).is_file():
        return Path(name)
    known = scripts(MIM / 'configs')
    return find(name.removeprefix('mmstn::'), known, 'config of mmstn')


def find_weights(config: str | Path | None) -> Path:
    """Return the path of the weights that come with a config of mmstn.

    Args:
        config: Its file; None of one without.

    Raises:
        FileNotFoundError: If none do, with the configs that have some.
    """
    known = scripts(MIM / 'configs') if config else {}
    name = next((n for n, p in known.items() if p.samefile(config)), None)
    path = WEIGHTS / f'{name}.pth'
    if name is None or not path.is_file():
        shipped = sorted(
            p.relative_to(WEIGHTS).with_suffix('').as_posix()
            for p in WEIGHTS.rglob('*.pth')
        )
        raise FileNotFoundError(
            f'no weights of {name or config or "this config"} come with '
            f'mmstn, only of {", ".join(shipped)}; train it, and give the '
            'checkpoint'
        )
    return path


def find_tool(name: str) -> Path:
    """Return the path of a script; see :func:`find_config`.

    Args:
        name: The path of a file, or the name of a tool of mmstn or, after
            those, of MMPretrain, with or without ``tools/`` in front.
    """
    if Path(name).is_file():
        return Path(name)
    mmpretrain = Path(importlib.util.find_spec('mmpretrain').origin).parent
    known = {**scripts(mmpretrain / '.mim/tools'), **scripts(MIM / 'tools')}
    known.pop('analysis_tools/utils', None)  # a part of others
    name = name.removeprefix('tools/')
    return find(name, known, 'tool of mmstn or MMPretrain')


def config_argument(text: str) -> str:
    """Return the path of a config: the ``type`` of a tool's argument."""
    try:
        return str(find_config(text))
    except FileNotFoundError as error:
        raise argparse.ArgumentTypeError(error) from error


def scripts(folder: Path) -> dict[str, Path]:
    """Return the Python files in a folder by their path in it, no suffix."""
    folder = folder.resolve()
    return {
        path.relative_to(folder).with_suffix('').as_posix(): path
        for path in sorted(folder.rglob('*.py'))
    }


def find(name: str, known: dict[str, Path], kind: str) -> Path:
    """Return the one file that a name means."""
    name = name.removesuffix('.py')
    if name in known:
        return known[name]
    ends = {}  # names by their last part; nobody runs a base
    for full in known:
        if not full.startswith('_base_/'):
            ends.setdefault(full.rpartition('/')[2], []).append(full)
    same = ends.get(name, [])
    if len(same) == 1:
        return known[same[0]]
    alike = difflib.get_close_matches(name.rpartition('/')[2], ends)
    near = same or [full for end in alike for full in ends[end]]
    near = near or [full for full in known if '/' not in full]
    raise FileNotFoundError(
        f'{name} is {"more than one" if same else "no file and no"} {kind}; '
        f'there are {", ".join(near)}'
    )

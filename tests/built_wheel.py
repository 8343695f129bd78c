"""The wheel of this checkout, and an environment that has it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ['mmstn', 'configs', 'tools']


def build_wheel(folder: Path) -> Path:
    """Build in a copy: a folder ``build`` would keep deleted files."""
    source = folder / 'source'
    source.mkdir()
    for path in filter(Path.is_file, ROOT.iterdir()):
        shutil.copy(path, source)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, symlinks=True)
    options = ['--no-deps', '--no-index', '--no-build-isolation']
    subprocess.run(
        [sys.executable, '-m', 'pip', 'wheel', *options, source],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    (wheel,) = folder.glob('*.whl')
    return wheel


def environment(folder: Path) -> dict[str, str]:
    """The variables of a new environment, without mmstn and network.

    It reads the packages of this one, but not the links of development
    installs among them.
    """
    venv.create(folder, with_pip=False)
    scheme = dict(base=str(folder), platbase=str(folder))
    site = Path(sysconfig.get_path('purelib', 'venv', scheme))
    shared = [path for path in sys.path if 'site-packages' in path]
    (site / 'shared.pth').write_text('\n'.join(shared))
    add_command(folder, 'pip', f'{folder}/bin/python -m pip "$@"')
    variables = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
    return {
        **variables,
        'PATH': f'{folder}/bin:{variables["PATH"]}',
        'PIP_NO_DEPS': '1',
        'PIP_NO_INDEX': '1',
        'OMP_NUM_THREADS': '1',
    }


def add_command(folder: Path, name: str, line: str) -> None:
    """Put a command first in the path of an environment."""
    path = folder / 'bin' / name
    path.write_text(f'#!/usr/bin/env bash\n{line}\n')
    path.chmod(0o755)

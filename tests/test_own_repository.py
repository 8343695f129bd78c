"""The wheel, and the README's commands from a folder without a checkout."""

import re
import subprocess
import zipfile
from email import message_from_bytes
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from built_wheel import FOLDERS, ROOT, add_command, build_wheel, environment
from mmpretrain.registry import MODELS

import mmstn

pytestmark = pytest.mark.slow

README = (ROOT / 'README.md').read_text()
SECTION = README.partition('## In your own repository')[2].partition('\n## ')[
    0
]
# One short epoch where the README has fifteen.
SHORT = """
train_cfg = dict(max_epochs=1, val_interval=1)
default_hooks = dict(checkpoint=dict(interval=1))
"""


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    pytest.importorskip('setuptools', '77')
    return build_wheel(tmp_path_factory.mktemp('wheel'))


@pytest.fixture(scope='module')
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith('/METADATA')]
        return message_from_bytes(archive.read(name))


def test_the_wheel_holds_every_file_of_python(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.endswith('.py')}
    files = [
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob('*.py')
    ]
    assert {
        name if name.startswith('mmstn/') else f'mmstn/.mim/{name}'
        for name in files
        if '/.mim/' not in name
    } == held


def test_the_metadata_agree_with_the_package_and_the_readme(metadata):
    assert metadata['Version'] == mmstn.__version__
    assert metadata['License-Expression'] == 'Apache-2.0'
    assert metadata['Description-Content-Type'] == 'text/markdown'
    payload = metadata.get_payload(decode=True).decode()
    assert payload.strip() == README.strip()


def test_the_classifiers_name_the_pythons_that_were_run(metadata):
    named = re.findall(r':: (3\.\d+)', str(metadata.get_all('Classifier')))
    page = (ROOT / 'CONTRIBUTING.md').read_text()
    run = re.findall(r'\n\| `\w+`.*? \| (3\.\d+) \|', page)
    assert set(named) == set(run)


@pytest.fixture
def folder(tmp_path):
    """An own repository: a config, and images of two classes."""
    config = re.search(r'```python\n(.*?)```', SECTION, re.S)[1]
    (tmp_path / 'mine.py').write_text(config + SHORT)
    rng = np.random.default_rng(0)
    for name in ('train/a/1', 'train/b/1', 'val/a/1', 'val/b/1'):
        path = tmp_path / f'images/{name}.jpg'
        path.parent.mkdir(parents=True)
        picture = rng.integers(0, 256, (60, 80, 3), np.uint8)
        cv2.imwrite(str(path), picture)
    return tmp_path


@pytest.fixture
def variables(tmp_path_factory):
    """Of an environment where ``wget`` has the weights of the README."""
    place = tmp_path_factory.mktemp('environment')
    net = MODELS.build(dict(type='MobileNetV2'))
    state = {f'backbone.{k}': v for k, v in net.state_dict().items()}
    torch.save(dict(state_dict=state), place / 'weights.pth')
    add = environment(place)
    add_command(place, 'wget', f'[ "$1" = -O ] && cp {place}/weights.pth "$2"')
    launch = f'{place}/bin/python -m torch.distributed.run --standalone'
    add_command(place, 'torchrun', f'{launch} "$@"')
    return add


def in_bash(commands, folder, variables):
    """Run lines until one fails; return what they print."""
    done = subprocess.run(
        ['bash', '-euxc', commands],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.mark.dist
def test_the_commands_of_the_readme_run_in_an_own_repository(
    wheel, folder, variables
):
    commands = re.search(r'```bash\n(.*?)```', SECTION, re.S)[1]
    run = re.search(r'`(mmstn\s+run .*?)`', SECTION, re.S)[1]
    commands += ' '.join(run.split())
    commands = commands.replace('git+URL', wheel.as_uri())
    commands = commands.replace('epoch_15.pth', 'epoch_1.pth')
    printed = in_bash(commands, folder, variables)
    assert printed.count('Epoch(train) [1][1/1]') == 2  # and by torchrun
    assert len(re.findall(r'Epoch\(test\).*accuracy/top1: 50', printed)) == 1
    assert 'confusion_matrix/result' in printed
    assert (folder / 'attention/attention_1.png').is_file()
    assert list(folder.glob('work_dirs/mine/*/vis_data/vis_image/*.png'))
    ours = in_bash(
        'python -c "import mmstn; print(mmstn.__file__)"', folder, variables
    )
    site = Path(variables['PATH'].partition(':')[0]).parent
    assert ours.splitlines()[-1].startswith(str(site))

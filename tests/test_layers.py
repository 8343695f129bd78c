"""Imports point downwards, and a layer knows no more than it needs."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [
    path
    for folder in ('mmstn', 'tools')
    for path in sorted((ROOT / folder).rglob('*.py'))
    if '.mim' not in path.parts
]
LAB = {'mmengine', 'mmpretrain', 'mmcv', 'mmstn.registry', 'mmstn.checks'}
BUILD = {
    'mmstn.models.build',
    'mmstn.models.features',
    'mmstn.models.thread',
}
TRANSFORMER = {'mmstn.models.transformer', *BUILD}
# A layer may import itself, the standard library, and what stands here.
MAY_IMPORT = {
    'mmstn': {
        'mmstn.compat',
        'mmstn.front_door',
        'mmstn.optimizer_keys',
        'mmstn.version',
    },
    'mmstn.__main__': {'mmstn.shipped'},
    'mmstn.front_door': set(),
    'mmstn.checks': set(),
    'mmstn.compat': {
        'cv2',
        'mmengine',
        'numpy',
        'torch',
        'torchvision',
        'mmstn.compat',
        'mmstn.files',
        'mmstn.optimizer_state',
        'mmstn.shipped',
    },
    'mmstn.registry': {'mmengine'},
    'mmstn.files': {'cv2', 'numpy'},
    'mmstn.shipped': set(),
    'mmstn.version': set(),
    'mmstn.optimizer_keys': {'mmengine'},
    'mmstn.optimizer_state': {'torch', 'mmengine'},
    'mmstn.checkpoint_fit': {'torch', 'mmengine'},
    'mmstn.geometry': {'torch', 'mmstn.checks'},
    'mmstn.models': {'torch', *LAB},
    'mmstn.models.build': {'torch', 'mmpretrain', 'mmstn.registry'},
    'mmstn.models.features': set(),
    'mmstn.models.thread': {'torch'},
    'mmstn.models.transformer': {
        'torch',
        'mmstn.geometry',
        *BUILD,
        *LAB,
    },
    'mmstn.models.backbones': {
        'torch',
        'mmstn.geometry',
        'mmstn.models.bare_checkpoint',
        *TRANSFORMER,
        *LAB,
    },
    'mmstn.models.necks': {
        'torch',
        'mmstn.models.bare_checkpoint',
        *TRANSFORMER,
        *LAB,
    },
    'mmstn.models.heads': {'torch', *LAB},
    'mmstn.models.losses': {'torch', 'mmstn.geometry', *TRANSFORMER, *LAB},
    'mmstn.models.classifiers': {
        'torch',
        'mmstn.models.losses',
        *TRANSFORMER,
        *LAB,
    },
    'mmstn.models.colocalisation': {
        'torch',
        'mmstn.geometry',
        'mmstn.models.losses',
        *TRANSFORMER,
        *LAB,
    },
    'mmstn.models.tracker': {
        'torch',
        'mmstn.geometry',
        *TRANSFORMER,
        *LAB,
    },
    'mmstn.models.st_gan': {
        'torch',
        'mmstn.geometry',
        *TRANSFORMER,
        *LAB,
    },
    'mmstn.attention': {
        'numpy',
        'torch',
        'mmstn.geometry',
        'mmstn.models',
        *LAB,
    },
    'mmstn.datasets': {
        'PIL',
        'cv2',
        'h5py',
        'numpy',
        'sklearn',
        'torch',
        'torchvision',
        'mmstn.files',
        'mmstn.geometry',
        *LAB,
    },
    'mmstn.evaluation': {
        'torch',
        'mmstn.geometry',
        'mmstn.datasets',
        *LAB,
    },
    'mmstn.visualization': {'cv2', 'numpy', 'PIL', 'mmstn.files'},
    'mmstn.visualization.attention_sheet': {
        'numpy',
        'torch',
        'mmstn.attention',
        'mmstn.visualization',
    },
    'mmstn.hooks': {
        'numpy',
        'torch',
        'mmstn.files',
        'mmstn.attention',
        'mmstn.geometry',
        'mmstn.models',
        'mmstn.optimizer_state',
        'mmstn.visualization',
        *LAB,
    },
    'mmstn.apis': {
        'PIL',
        'cv2',
        'numpy',
        'torch',
        'gradio',
        'onnxruntime',
        'onnxscript',
        'mmstn.checkpoint_fit',
        'mmstn.attention',
        'mmstn.datasets',
        'mmstn.files',
        'mmstn.geometry',
        'mmstn.models',
        'mmstn.shipped',
        'mmstn.visualization',
        *LAB,
    },
    'mmstn.results': {
        'matplotlib',
        'torch',
        'yaml',
        'mmstn.files',
        'mmstn.shipped',
        *LAB,
    },
    'tools': {'cv2', 'numpy', 'torch', 'mmstn', *LAB},
}


def module_of(path: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix('').parts
    return '.'.join(part for part in parts if part != '__init__')


def imports(text: str, package: str) -> Iterator[str]:
    """Yield every import of a file in ``package`` as an absolute name."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            above = package.split('.')
            above = above[: len(above) + 1 - node.level] if node.level else []
            module = '.'.join([*above, *filter(None, [node.module])])
            yield from (f'{module}.{name.name}' for name in node.names)


def within(name: str, layers) -> str | None:
    """Return the innermost of ``layers`` that ``name`` belongs to."""
    around = [a for a in layers if f'{name}.'.startswith(f'{a}.')]
    return max(around, key=len, default=None)


def forbidden(text: str, module: str, package: str) -> list[str]:
    """Return the imports of a file that its layer forbids."""
    layer = within(module, MAY_IMPORT)
    allowed = MAY_IMPORT[layer] | sys.stdlib_module_names
    if '.' in layer:
        allowed = allowed | {layer}
    return [
        name for name in imports(text, package) if not within(name, allowed)
    ]


@pytest.mark.parametrize('path', FILES, ids=module_of)
def test_imports_point_downwards(path):
    module = module_of(path)
    package = module_of(path.parent)
    assert forbidden(path.read_text(), module, package) == []


@pytest.mark.parametrize('path', FILES, ids=module_of)
def test_every_file_of_the_package_has_a_layer(path):
    module = module_of(path)
    assert module == 'mmstn' or within(module, MAY_IMPORT) != 'mmstn'


@pytest.mark.parametrize(
    ('module', 'text', 'named'),
    [
        ('geometry.a', 'import numpy as np', 'numpy'),
        ('geometry.a', 'def f():\n  import mmengine', 'mmengine'),
        ('geometry.a', 'from ..registry import X', 'mmstn.registry.X'),
        ('models.a', 'from mmstn.hooks import X', 'mmstn.hooks.X'),
        ('models.a', 'from ..datasets.b import X', 'mmstn.datasets.b.X'),
        ('models.backbones.a', 'from mmstn import compat', 'mmstn.compat'),
        ('models.backbones.a', 'import mmstn.visualization.draw', None),
        ('models.transformer.a', 'from ..backbones import X', None),
        ('datasets.a', 'from mmstn.models import X', 'mmstn.models.X'),
        ('visualization.a', 'import torch', 'torch'),
        ('hooks.a', 'from mmstn.apis import X', 'mmstn.apis.X'),
        ('apis.a', 'from mmstn.hooks import X', 'mmstn.hooks.X'),
        ('evaluation.a', 'from mmstn.hooks import X', 'mmstn.hooks.X'),
        ('models.a', 'from mmstn.attention import X', 'mmstn.attention.X'),
        ('attention.a', 'from mmstn.hooks import X', 'mmstn.hooks.X'),
        ('visualization.draw', 'import mmstn.attention.record', None),
        ('evaluation.a', 'import mmstn.models.build', None),
        ('hooks.a', 'import mmstn.compat', 'mmstn.compat'),
        ('hooks.a', 'from tools.train import main', 'tools.train.main'),
        ('hooks.a', 'from mmstn import datasets', 'mmstn.datasets'),
        ('registry', 'import mmpretrain', 'mmpretrain'),
        ('compat', 'from mmstn import registry', 'mmstn.registry'),
    ],
)
def test_an_import_that_points_upwards_is_found(module, text, named):
    module = f'mmstn.{module}'
    found = forbidden(text, module, module.rpartition('.')[0])
    assert len(found) == 1
    assert named in (None, *found)


def test_an_import_that_points_downwards_is_not():
    text = 'import os.path, torch.nn\nfrom ...geometry import affine\n'
    assert not forbidden(
        text, 'mmstn.models.backbones.a', 'mmstn.models.backbones'
    )

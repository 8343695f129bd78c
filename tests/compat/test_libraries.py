"""Libraries can be imported, or name what is missing."""

import pytest
from fresh_process import ROOT, python

pytestmark = pytest.mark.slow

# What torchvision does, beside libraries that load and that do not.
HEAD = """
import torch
from . import extension
if not hasattr(torch.ops.torchvision, 'nms'):
    raise RuntimeError('operator torchvision::nms does not exist')
torch.library.register_fake('torchvision::nms')(lambda *args: args[0])
"""
LOADED = """
import torch
library = torch.library.Library('torchvision', 'DEF')
library.define('nms(Tensor dets, Tensor scores, float t) -> Tensor')
"""


@pytest.fixture
def torchvision(tmp_path):
    """A function that imports a torchvision of these two texts, after us."""

    def run(head, extension):
        folder = tmp_path / 'torchvision'
        folder.mkdir()
        (folder / '__init__.py').write_text(head)
        (folder / 'extension.py').write_text(extension)
        return python(
            'import mmstn, torchvision, torch\n'
            'print(torchvision.__file__, torch.ops.torchvision.nms.default)\n',
            PYTHONPATH=f'{tmp_path}:{ROOT}',
        )

    return run


def test_a_missing_libgl_is_said_in_words(tmp_path):
    (tmp_path / 'cv2.py').write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file')"
    )
    hidden = 'try:\n  import mmstn\nexcept ImportError:\n  print("hidden")'
    done = python(hidden, PYTHONPATH=str(tmp_path))
    assert 'hidden' in done.stdout
    assert 'libGL.so.1' in done.stderr
    assert 'apt-get install libgl1' in done.stderr


def test_torchvision_can_be_imported():
    done = python('import mmstn, torchvision.models')
    assert done.returncode == 0, done.stderr


def test_torchvision_is_imported_only_where_it_is_wanted():
    done = python('import mmstn, sys; print("torchvision" in sys.modules)')
    assert done.stdout == 'False\n'


def test_a_library_of_any_name_may_register_the_operators(torchvision):
    done = torchvision(HEAD, LOADED)
    assert done.stderr == ''
    assert 'torchvision.nms' in done.stdout


def test_operators_that_no_library_registers_are_declared(torchvision):
    done = torchvision(HEAD, '')
    assert done.stderr == ''
    assert 'torchvision.nms' in done.stdout


def test_a_half_imported_torchvision_is_imported_anew(torchvision):
    done = torchvision(HEAD, "print('executed')")
    assert done.stdout.count('executed') == 2


def test_a_torchvision_that_fails_otherwise_is_left_alone(torchvision):
    done = torchvision("raise RuntimeError('a broken disk')", '')
    assert done.stderr.endswith('RuntimeError: a broken disk\n')
    assert 'nms' not in done.stderr

"""The pages in docs/, and the notebook among them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config
from mmpretrain.registry import MODELS

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / 'docs').glob('*.md'))
BLOCKS = [
    pytest.param(block, id=f'{page.stem} {number}')
    for page in PAGES
    for number, block in enumerate(
        re.findall(r'```python\n(.*?)```', page.read_text(), re.S), 1
    )
]
NOTEBOOK = ROOT / 'docs/try_it.ipynb'


@pytest.mark.parametrize('block', BLOCKS)
def test_python_on_a_page_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    if block.startswith('_base_'):
        (tmp_path / 'mine.py').write_text(block)
        MODELS.build(Config.fromfile(tmp_path / 'mine.py').model)
    else:
        exec(block, {})


@pytest.mark.slow
def test_the_site_is_built_without_a_broken_link(tmp_path):
    pytest.importorskip('mkdocs', reason='needs pip install -e .[docs]')
    command = [sys.executable, '-m', 'mkdocs', 'build', '--strict']
    command += ['-f', 'docs/mkdocs.yml', '-d', str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    hooks = (tmp_path / 'hooks/index.html').read_text()
    assert 'ThetaMonitorHook' in hooks
    assert 'before_train_iter' not in hooks  # the runner's business
    # a link on the page of results leads to the config itself
    assert (tmp_path / 'configs/mnist/fcn_r.py').is_file()


@pytest.mark.slow
def test_the_notebook_runs(tmp_path):
    nbclient = pytest.importorskip('nbclient', reason='needs .[docs]')
    pytest.importorskip('onnxruntime', reason='needs .[export]')
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=600, resources={'metadata': {'path': tmp_path}}
    ).execute()
    (accuracy,) = re.findall(
        r'([\d.]+)% of the test digits', str(notebook.cells)
    )
    assert float(accuracy) > 90


def test_the_notebook_keeps_its_outputs():
    nbformat = pytest.importorskip('nbformat', reason='needs .[docs]')
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    outputs = [out for cell in cells for out in cell.get('outputs', [])]
    pictures = [o for o in outputs if 'image/png' in o.get('data', {})]
    assert len(pictures) == 2
    assert not [out for out in outputs if out.get('name') == 'stderr']

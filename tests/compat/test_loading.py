"""Checkpoints never run code; the mends of the frozen stack hold."""

import functools
import http.server
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from fresh_process import python
from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmengine.logging import HistoryBuffer
from mmengine.runner import checkpoint, load_checkpoint
from tiny_training import train

from mmstn.compat import loading


class Payload:
    """Create the marker file when unpickled without a guard."""

    def __init__(self, marker: Path):
        self.marker = str(marker)

    def __reduce__(self):
        return open, (self.marker, 'w')


@pytest.fixture
def marker(tmp_path):
    return tmp_path / 'code_was_run'


@pytest.fixture
def malicious(tmp_path, marker):
    path = tmp_path / 'malicious.pth'
    torch.save({'state_dict': Payload(marker)}, path)
    return path


@pytest.fixture
def url(malicious, monkeypatch):
    """Serve the malicious checkpoint, and download into its folder."""
    monkeypatch.setenv('TORCH_HOME', str(malicious.parent / 'torch'))
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=malicious.parent
    )
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}/{malicious.name}'
        server.shutdown()


def check_refused(name, marker, mention='was not loaded'):
    with pytest.raises(pickle.UnpicklingError, match=mention):
        load_checkpoint(torch.nn.Linear(1, 1), str(name))
    assert not marker.exists()


def test_your_own_call_of_torch_is_left_alone(malicious, marker):
    torch.load(malicious, weights_only=False)['state_dict'].close()
    assert marker.exists()


def test_a_file_runs_no_code(malicious, marker):
    check_refused(malicious, marker, f'{malicious.name} was not loaded')


def test_a_url_runs_no_code(url, marker):
    check_refused(url, marker, f'{url} was not loaded')


def test_torchvision_names_run_no_code(url, marker, monkeypatch):
    urls = {'resnet18': url}
    monkeypatch.setattr(checkpoint, 'get_torchvision_models', lambda: urls)
    check_refused('torchvision://resnet18', marker)


@pytest.mark.parametrize('zoo', ['url', 'malicious'])
def test_openmmlab_names_run_no_code(zoo, marker, monkeypatch, request):
    models = {'resnet18': str(request.getfixturevalue(zoo))}
    monkeypatch.setattr(checkpoint, 'get_external_models', lambda: models)
    check_refused('openmmlab://resnet18', marker)


def test_mmcls_names_run_no_code(url, marker, monkeypatch):
    monkeypatch.setattr(checkpoint, 'get_mmcls_models', lambda: {'r18': url})
    check_refused('mmcls://r18', marker)


@pytest.mark.slow
def test_the_model_zoo_of_mmpretrain_runs_no_code(url, marker):
    from mmpretrain.apis import get_model

    with pytest.raises(pickle.UnpicklingError, match=url):
        get_model('resnet18_8xb32_in1k', pretrained=url)
    assert not marker.exists()


def test_your_own_download_is_left_alone(url, marker):
    loaded = torch.hub.load_state_dict_from_url(url, weights_only=False)
    loaded['state_dict'].close()
    assert marker.exists()


@pytest.mark.parametrize(
    'content', [b'', b'hello', b'PK\x03\x04 cut short'], ids=repr
)
def test_a_damaged_checkpoint_is_named(content, tmp_path, marker):
    path = tmp_path / 'damaged.pth'
    path.write_bytes(content)
    check_refused(path, marker, 'damaged.pth was not loaded')


@pytest.mark.parametrize('lost', [1, 100, 3000])
def test_a_checkpoint_whose_end_is_missing_is_named(lost, tmp_path, marker):
    path = tmp_path / 'short.pth'
    torch.save({'weight': torch.ones(2000)}, path)
    path.write_bytes(path.read_bytes()[:-lost])
    check_refused(path, marker, f'{path} was not loaded')


def test_a_missing_checkpoint_is_named():
    with pytest.raises(FileNotFoundError, match='nowhere.pth'):
        load_checkpoint(torch.nn.Linear(1, 1), 'nowhere.pth')


def test_getattr_in_a_checkpoint_answers_for_statistics_only(tmp_path, marker):
    class Globals:
        def __reduce__(self):
            return getattr, (HistoryBuffer, '__init__')

    torch.save({'state_dict': Globals()}, tmp_path / 'getattr.pth')
    check_refused(tmp_path / 'getattr.pth', marker, "asks for '__init__'")
    assert loading.history_statistic(HistoryBuffer, 'max') is HistoryBuffer.max
    with pytest.raises(pickle.UnpicklingError, match="asks for 'max' of"):
        loading.history_statistic(np.ndarray, 'max')


@pytest.mark.parametrize('core', [b'numpy.core', b'numpy._core'])
def test_logs_of_either_numpy_survive(core, tmp_path):
    history = HistoryBuffer([1.0, 3.0], [1, 1])
    path = tmp_path / 'logs.pth'
    torch.save(
        {'logs': history, 'score': np.float64(0.5)},
        path,
        _use_new_zipfile_serialization=False,
    )
    path.write_bytes(path.read_bytes().replace(b'numpy._core', core))
    loaded = checkpoint.CheckpointLoader.load_checkpoint(str(path))
    assert loaded['logs'].mean() == 2.0
    assert loaded['logs'].statistics('max') == 3.0
    assert loaded['score'] == 0.5


def test_a_run_resumes_where_it_stopped(tmp_path):
    train(tmp_path, epochs=1)
    runner = train(tmp_path, epochs=2, resume=True)
    assert runner.iter == 4
    assert len(runner.message_hub.log_scalars['train/loss'].data[0]) == 4
    lr = runner.optim_wrapper.param_groups[0]['lr']
    assert lr == pytest.approx(0.1 * 0.5**2)


def test_resuming_runs_no_config_text(tmp_path, marker):
    train(tmp_path, epochs=1)
    path = tmp_path / 'epoch_1.pth'
    contents = torch.load(path)
    contents['meta']['config'] = f'open({str(marker)!r}, "w").close()'
    torch.save(contents, path)
    train(tmp_path, epochs=2, resume=True)
    assert not marker.exists()


class Inferencer(BaseInferencer):
    """Stop after the model is built."""

    __abstractmethods__ = frozenset()
    _init_pipeline = postprocess = visualize = None


def test_an_inferencer_runs_no_config_text(tmp_path, marker):
    text = f'open({str(marker)!r}, "w").close()\nmodel = dict()'
    path = tmp_path / 'weights.pth'
    torch.save({'meta': {'cfg': text}}, path)
    with pytest.raises(ValueError, match='without a config'):
        Inferencer(weights=str(path))
    assert not marker.exists()


def test_an_inferencer_with_a_config_builds_the_model(tmp_path):
    torch.save({'meta': {}, 'state_dict': {}}, tmp_path / 'weights.pth')
    config = Config(dict(model=dict(type='mmpretrain.LinearNeck')))
    with pytest.raises(TypeError, match='in_channels'):
        Inferencer(config, str(tmp_path / 'weights.pth'))


@pytest.mark.slow
def test_importing_mmstn_leaves_torch_and_the_environment_alone():
    done = python(
        'import os, torch\n'
        'def seen():\n'
        '    names = [n for n in os.environ if n.startswith("TORCH")]\n'
        '    return names, torch.load, torch.hub.load_state_dict_from_url\n'
        'import torch.hub; before = seen()\n'
        'import mmstn\n'
        'assert before == seen()\n'
        'assert torch.load is torch.serialization.load',
        TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD='1',
    )
    assert done.returncode == 0, done.stderr

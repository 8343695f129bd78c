"""``python -m mmstn``, in this process."""

import json
import re
import runpy
import sys

import pytest

from mmstn import __main__ as command_line
from mmstn.shipped import MIM


@pytest.fixture
def call(monkeypatch, capsys):
    """A function from arguments to the status and what was printed."""

    def call(*arguments):
        monkeypatch.setattr(sys, 'argv', ['mmstn', *map(str, arguments)])
        monkeypatch.setattr(sys, 'path', list(sys.path))
        status = 0
        try:
            command_line.main()
        except SystemExit as done:
            status = done.code
        return status, ''.join(capsys.readouterr())

    return call


@pytest.fixture
def script(tmp_path):
    """A script that prints how it was called; its neighbour has a name."""
    (tmp_path / 'neighbour.py').write_text("NAME = 'Ada'\n")
    (tmp_path / 'script.py').write_text(
        'import json, sys\nfrom neighbour import NAME\n'
        "if __name__ == '__main__':\n"
        '    print(json.dumps([NAME, sys.argv]))\n'
    )
    yield tmp_path / 'script.py'
    sys.modules.pop('neighbour', None)


@pytest.mark.parametrize('verb', command_line.VERBS)
def test_a_verb_is_a_tool_and_passes_everything_on(call, verb):
    status, printed = call(verb, '-h')
    assert status == 0
    assert f'usage: mmstn {verb} [-h]' in printed
    assert ('--port' if verb == 'demo' else '--cfg-options') in printed


@pytest.mark.parametrize('verb', command_line.VERBS)
def test_a_mistyped_config_is_answered_in_one_sentence(call, verb):
    status, printed = call(verb, 'stn_digit', 'weights.pth', 'a.png')
    assert status == 2
    assert printed.splitlines()[-1].startswith(
        f'mmstn {verb}: error: argument config: stn_digit is no file and no '
        'config of mmstn; there are stn_digits'
    )


@pytest.mark.parametrize('verb', ['train', 'test'])
def test_what_mim_launches_may_be_told_its_rank(monkeypatch, verb):
    tool = runpy.run_path(str(MIM / 'tools' / command_line.VERBS[verb]))
    paths = ['stn_digits', 'weights.pth'][: 1 + (verb == 'test')]
    launched = ['--local-rank=1', *paths, '--launcher', 'pytorch']
    monkeypatch.setattr(sys, 'argv', [verb, *launched])
    assert tool['parse_args']().launcher == 'pytorch'


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['tran'], "invalid choice: 'tran' .choose from '?train'?, "),
        (['run'], 'run takes a TOOL or -m MODULE'),
        (['run', '-m'], 'run takes a TOOL or -m MODULE'),
        (['run', 'get_flop'], 'there are analysis_tools/get_flops'),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(call, arguments, message):
    status, printed = call(*arguments)
    assert status == 2
    assert re.search(f'mmstn: error: .*{message}', printed)


def test_without_a_verb_it_shows_the_help(call):
    status, printed = call()
    assert status == 2
    assert printed == call('-h')[1]


def test_the_help_names_every_verb(call):
    status, printed = call('-h')
    assert status == 0
    for verb in (*command_line.VERBS, 'run'):
        assert f'\n  mmstn {verb} ' in printed


def test_a_script_runs_as_python_runs_it(call, script):
    status, printed = call('run', script, '-h', '--', 'b')
    assert status == 0
    assert json.loads(printed) == ['Ada', [str(script), '-h', '--', 'b']]


def test_a_module_of_the_working_directory_runs(call, script, monkeypatch):
    monkeypatch.chdir(script.parent)
    status, printed = call('run', '-m', 'script', '--option')
    assert status == 0
    assert json.loads(printed) == ['Ada', [str(script), '--option']]

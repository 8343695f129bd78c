"""Two nodes on one machine train as one process does."""

import os
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import pytest
from test_tools import CONFIG, ROOT, SHORT, free_port, train, weights
from torch.testing import assert_close

pytestmark = [pytest.mark.slow, pytest.mark.dist]


def start_nodes(work_dir, *options):
    """Start ``dist_train.sh`` twice; return the two processes."""
    port = free_port()
    return [
        subprocess.Popen(
            ['bash', 'tools/dist_train.sh', CONFIG, '1']
            + ['--work-dir', str(work_dir), '--cfg-options']
            + [*SHORT, 'train_dataloader.batch_size=32', *options],
            cwd=ROOT,
            env={
                **os.environ,
                'OMP_NUM_THREADS': '1',
                'PYTHON': sys.executable,
                'NNODES': '2',
                'NODE_RANK': str(rank),
                'PORT': port,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in (0, 1)
    ]


@pytest.fixture
def end_nodes():
    """A list of nodes that are ended, whatever happens."""
    nodes = []
    yield nodes
    for node in nodes:
        if node.poll() is None:
            for process in processes_of(node.pid):
                os.kill(process, signal.SIGKILL)
        node.communicate()


def test_two_nodes_take_the_steps_of_one_process(tmp_path, end_nodes):
    end_nodes += start_nodes(tmp_path / 'two')
    train(tmp_path / 'one')
    printed = [node.communicate(timeout=200)[0] for node in end_nodes]
    assert [node.returncode for node in end_nodes] == [0, 0], printed
    assert_close(
        weights(tmp_path / 'two'),
        weights(tmp_path / 'one'),
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.parametrize('killed', [0, 1])
def test_a_node_that_loses_the_other_ends_with_an_error(
    tmp_path, end_nodes, killed
):
    end_nodes += start_nodes(
        tmp_path,
        'train_cfg.max_epochs=10000',
        'default_hooks.checkpoint.interval=1',
    )
    until = time.monotonic() + 120
    while not Path(tmp_path, 'last_checkpoint').exists():
        assert time.monotonic() < until
        assert [node.poll() for node in end_nodes] == [None, None]
        time.sleep(0.2)
    # a node that fails takes all of its processes along
    for child in processes_of(end_nodes[killed].pid):
        os.kill(child, signal.SIGKILL)
    other = end_nodes[1 - killed]
    other.communicate(timeout=60)
    assert other.returncode > 0


def processes_of(parent):
    """Return a process and its descendants; torchrun gives each a session."""
    children = Path(f'/proc/{parent}/task/{parent}/children').read_text()
    below = [processes_of(int(child)) for child in children.split()]
    return [parent, *chain(*below)]

"""Runs start on machines without a GPU."""

import pytest
from fresh_process import python

pytestmark = [pytest.mark.slow, pytest.mark.dist]


def test_torchrun_without_a_gpu_trains_and_ends_the_threads_of_gloo(tmp_path):
    code = (
        'import atexit, sys; sys.path.insert(0, "tests/compat")\n'
        'from pathlib import Path\n'
        'from mmengine.config import Config\n'
        'from mmstn.compat import launching\n'
        'from tiny_training import train\n'
        'def threads():\n'
        '    tasks = Path("/proc/self/task").glob("*/comm")\n'
        '    names = [task.read_text().strip() for task in tasks]\n'
        '    return len(names), names\n'
        'def main():\n'
        '    wrapper = dict(broadcast_buffers=False)\n'
        '    cfg = Config(dict(model_wrapper_cfg=wrapper))\n'
        '    launching.init_cpu_distributed(cfg)\n'
        f'    runner = train({str(tmp_path)!r}, 1, launcher="pytorch",'
        ' cfg=cfg)\n'
        '    print(type(runner.model).__name__, runner.model.device_ids)\n'
        '    print("training with", *threads())\n'
        # Registered before the group's own: the last to run.
        'atexit.register(lambda: print("left with", *threads()))\n'
        'main()\n'
    )
    done = python(
        code,
        CUDA_VISIBLE_DEVICES='',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT='0',
        RANK='0',
        LOCAL_RANK='0',
        WORLD_SIZE='1',
    )
    assert 'MMDistributedDataParallel None' in done.stdout, done.stderr
    training, left = done.stdout.split('left with')
    training = training.split('training with')[1]
    # torch 2.6 names no thread
    assert int(left.split()[0]) < int(training.split()[0])
    assert 'gloo' not in left

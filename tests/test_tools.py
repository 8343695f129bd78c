import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from torch.testing import assert_close

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
CONFIG = 'configs/stn_digits.py'
CHECKPOINT = 'epoch_1.pth'
SHORT = [
    'train_cfg.max_epochs=1',
    # Adam makes large steps of gradients that are nothing but rounding
    'optim_wrapper.optimizer.type=SGD',
    'optim_wrapper.optimizer.lr=0.01',
    # drawn from a generator that a checkpoint does not hold
    'model.head.dropout=0.0',
    'train_dataloader.dataset.indices=128',
    'val_dataloader.dataset.indices=50',
]


def run(*command, **environment):
    """Run a command in the checkout; return its output."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={
            **os.environ,
            'OMP_NUM_THREADS': '1',
            'PYTHON': sys.executable,
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def train(work_dir, *arguments, options=()):
    return run(
        sys.executable,
        'tools/train.py',
        CONFIG,
        '--work-dir',
        work_dir,
        *arguments,
        '--cfg-options',
        *SHORT,
        *options,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return str(probe.getsockname()[1])


def weights(work_dir, epoch=1):
    path = Path(work_dir) / f'epoch_{epoch}.pth'
    return torch.load(path, weights_only=True)['state_dict']


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A work dir of one short epoch, and the output of the run."""
    work_dir = tmp_path_factory.mktemp('trained')
    return work_dir, train(work_dir)


def test_a_run_shows_its_accuracy_and_leaves_checkpoint_log_and_picture(
    trained,
):
    work_dir, printed = trained
    assert 'accuracy_top-1' in printed
    assert 'accuracy/top1' in printed
    assert (work_dir / CHECKPOINT).is_file()
    assert list(work_dir.glob('*/*.log'))
    pictures = {path.name for path in work_dir.rglob('attention_*.png')}
    assert pictures == {'attention_0.png', 'attention_1.png'}


def test_resumed_training_is_the_same_as_one_run(tmp_path):
    two = ['train_cfg.max_epochs=2', 'default_hooks.checkpoint.interval=1']
    two.append('default_hooks.checkpoint.max_keep_ckpts=2')
    whole, resumed = tmp_path / 'whole', tmp_path / 'resumed'
    train(whole, options=two)
    train(resumed, '--resume', whole / CHECKPOINT, options=two)
    assert_close(weights(resumed, 2), weights(whole, 2), rtol=0, atol=0)


TESTS = {
    'one process': [sys.executable, 'tools/test.py', CONFIG, CHECKPOINT],
    'two processes': ['bash', 'tools/dist_test.sh', CONFIG, CHECKPOINT, 2],
}


@pytest.mark.dist
@pytest.mark.parametrize('processes', TESTS)
def test_testing_a_checkpoint_repeats_its_validation(
    trained, tmp_path, processes
):
    work_dir, printed = trained
    tested = run(
        *[
            work_dir / part if part == CHECKPOINT else part
            for part in TESTS[processes]
        ],
        '--work-dir',
        tmp_path,
        '--out',
        tmp_path / 'metrics.json',
        '--out-item',
        'metrics',
        '--cfg-options',
        'test_dataloader.dataset.indices=50',
        PORT=free_port(),
    )
    accuracy = printed.partition('accuracy/top1: ')[2].split()[0]
    assert f'accuracy/top1: {accuracy}' in tested
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    assert metrics == {'accuracy/top1': pytest.approx(float(accuracy))}


@pytest.mark.dist
def test_two_processes_take_the_same_steps_as_one_with_the_whole_batch(
    trained, tmp_path
):
    work_dir, _ = trained
    run(
        'bash',
        'tools/dist_train.sh',
        CONFIG,
        2,
        '--work-dir',
        tmp_path,
        '--cfg-options',
        *SHORT,
        'train_dataloader.batch_size=32',
        PORT=free_port(),
    )
    assert_close(weights(tmp_path), weights(work_dir), rtol=1e-4, atol=1e-6)


@pytest.fixture
def bird_folder(tmp_path):
    """Eight pictures in the layout of CUB-200-2011."""
    root = tmp_path / 'birds'
    for number in range(1, 9):
        picture = np.full((40, 48, 3), 30 * number, np.uint8)
        folder = root / f'images/{number:03}.bird'
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / f'{number}.jpg'), picture)
    for name, column in {
        'images': '{0:03}.bird/{0}.jpg',
        'image_class_labels': '{0}',
        'train_test_split': '1',
    }.items():
        lines = [f'{n} {column.format(n)}\n' for n in range(1, 9)]
        (root / f'{name}.txt').write_text(''.join(lines))
    return root


@pytest.mark.dist
def test_two_processes_train_every_parameter_of_parallel_transformers(
    bird_folder, tmp_path
):
    printed = run(
        'bash',
        'tools/dist_train.sh',
        'configs/stn_cub10_2x.py',
        2,
        '--work-dir',
        tmp_path,
        '--no-validate',
        '--cfg-options',
        'train_cfg.max_epochs=1',
        'train_dataloader.batch_size=2',
        'train_dataloader.num_workers=0',
        'train_dataloader.persistent_workers=False',
        f'train_dataloader.dataset.data_root={bird_folder}',
        'train_dataloader.dataset.indices=8',
        'model.backbone.backbone.init_cfg=None',
        'model.backbone.transformer.localisation.trunk.backbone.init_cfg=None',
        'default_hooks.checkpoint.interval=1',
        'default_hooks.logger.interval=1',
        PORT=free_port(),
    )
    # DDP refuses a second iteration if a parameter went without gradient
    assert 'Epoch(train) [1][2/2]' in printed
    assert 'find_unused_parameters=True' not in printed
    assert (tmp_path / CHECKPOINT).is_file()


def test_amp_and_channels_last_train_and_test_near_float32(trained, tmp_path):
    options = ('--amp', '--channels-last')
    train(tmp_path, *options)
    assert_close(weights(tmp_path), weights(trained[0]), rtol=0, atol=1e-3)
    out = tmp_path / 'metrics.json'
    run(
        sys.executable,
        'tools/test.py',
        CONFIG,
        tmp_path / CHECKPOINT,
        '--work-dir',
        tmp_path,
        '--out',
        out,
        '--out-item',
        'metrics',
        *options,
        '--cfg-options',
        'test_dataloader.dataset.indices=50',
    )
    assert 0 < json.loads(out.read_text())['accuracy/top1'] <= 100


@pytest.mark.parametrize(
    ('item', 'name'), [('metrics', 'metrics.txt'), ('pred', 'pred.json')]
)
def test_results_of_another_suffix_are_refused_before_the_test(item, name):
    command = [sys.executable, 'tools/test.py', CONFIG, 'no_checkpoint.pth']
    command += ['--out', name, '--out-item', item]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert f'{name}: a file of --out-item {item} ends in' in done.stderr


def test_auto_scale_lr_scales_by_the_batch(tmp_path):
    half = ['train_dataloader.batch_size=32']
    printed = train(tmp_path, '--auto-scale-lr', options=half)
    assert 'Scaling the original LR by 0.5' in printed


def test_auto_scale_lr_needs_its_base_in_the_config(tmp_path):
    config = tmp_path / 'mine.py'
    config.write_text(
        "_base_ = 'mmstn::stn_digits.py'\nauto_scale_lr = None\n"
    )
    command = [sys.executable, 'tools/train.py', config, '--auto-scale-lr']
    with pytest.raises(AssertionError, match='has no auto_scale_lr'):
        run(*command)


def test_the_papers_schedule_is_one_option(tmp_path):
    schedule = 'configs/_base_/mnist_paper.py'
    train(tmp_path, '--schedule', schedule)
    (config,) = tmp_path.glob('*.py')
    cfg = Config.fromfile(config)  # as it was run
    assert cfg.optim_wrapper.optimizer == dict(type='SGD', lr=0.01)
    steps = 60000 / cfg.train_dataloader.batch_size  # of an epoch of MNIST
    fall = cfg.param_scheduler[0].step_size * steps
    assert fall == pytest.approx(50000, rel=0.005)
    assert cfg.train_dataloader.batch_size == 256
    assert cfg.train_cfg.max_epochs == 1  # --cfg-options come last


def test_slurm_gets_mmpretrains_calling_convention(tmp_path):
    srun = tmp_path / 'srun'
    srun.write_text('#!/usr/bin/env bash\nprintf "<%s>" "$@"\n')
    srun.chmod(0o755)
    asked = run(
        'bash',
        'tools/slurm_train.sh',
        'gpu',
        'birds',
        CONFIG,
        'out dir',
        '--amp',
        PATH=f'{tmp_path}:{os.environ["PATH"]}',
        GPUS='16',
        SRUN_ARGS='--qos high',
    )
    assert '<-p><gpu><--job-name=birds><--gres=gpu:8><--ntasks=16>' in asked
    assert f'<--qos><high><{sys.executable}><-u>' in asked
    end = f'<{CONFIG}><--work-dir=out dir><--launcher=slurm><--amp>'
    assert asked.endswith(end)


@pytest.mark.parametrize(
    'tool', ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh']
)
def test_a_script_without_arguments_says_how_to_call_it(tool):
    with pytest.raises(AssertionError, match=f'bash tools/{tool} '):
        run('bash', f'tools/{tool}')

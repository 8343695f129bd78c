"""Kill trainings at every moment of their lives, and resume them.

python tests/drills/kill_resume.py [--faults 100] [--seed 0]

Each fault hits one short training on scikit-learn's digits: a signal at a
random moment, a signal shortly after a save began, or an end at a chosen
phase of a save (before the file is opened, empty, half written, between
checkpoint and pointer, half a pointer, a full disk). The training is then
resumed. Weights, momentum, averages and iteration at the end are compared,
bit by bit, with those of a training that nothing hit.

Settings in turn: two workers, two processes, an exponential moving average.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import torch
from faults import PHASES, inject
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import DATASETS, RUNNERS, DefaultScope
from mmengine.runner import Runner

import mmstn
import mmstn.datasets
import mmstn.hooks
import mmstn.models  # once, for all that are forked

SETTINGS = ('workers', 'processes', 'ema')
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
EPOCHS = 3
PATIENCE = 60  # seconds for one training


def config(work_dir: Path, setting: str, resume: bool) -> Config:
    """Return a training of 3 epochs of 2 iterations."""
    path = Path(mmstn.__file__).parents[1] / 'configs/stn_digits.py'
    cfg = Config.fromfile(path)
    loader = cfg.train_dataloader
    loader.batch_size = 8 if setting == 'processes' else 16
    loader.num_workers = 2 if setting == 'workers' else 0
    loader.dataset.indices = 32
    cfg.val_dataloader.dataset.indices = 8
    cfg.model.backbone.backbone.channels = 4
    cfg.model.head.update(in_channels=4 * 2 * 2, dropout=0.0)
    cfg.train_cfg = dict(by_epoch=True, max_epochs=EPOCHS)
    cfg.param_scheduler = dict(type='CosineAnnealingLR', T_max=EPOCHS)
    cfg.default_hooks.checkpoint.update(interval=1, save_best='auto')
    cfg.custom_hooks = [dict(type='EMAHook')] if setting == 'ema' else []
    cfg.work_dir, cfg.resume = str(work_dir), resume
    if setting == 'processes':
        cfg.model_wrapper_cfg = dict(
            type='MMDistributedDataParallel', device_ids=None
        )
    return cfg


class Tell(Hook):
    """Say through a pipe that a save begins."""

    def __init__(self, pipe: int):
        self.pipe = pipe

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict):
        os.write(self.pipe, b'.')


def train(work_dir, setting, resume, rank, pipe, fault):
    """Be one process of a training, and end."""
    null = os.open(work_dir.parent / f'{work_dir.name}.log', LOG)
    os.dup2(null, 1), os.dup2(null, 2)
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if setting == 'processes':
            torch.distributed.init_process_group(
                'gloo',
                init_method=f'file://{work_dir}.{resume}.meeting',
                rank=rank,
                world_size=2,
            )
        runner = RUNNERS.build(config(work_dir, setting, resume))
        if rank == 0:
            runner.register_hook(Tell(pipe))
            if fault:
                inject(*fault)
        runner.train()
        code = 0
    except BaseException as error:
        print(f'{type(error).__name__}: {error}', flush=True)
    os._exit(code)


LOG = os.O_CREAT | os.O_APPEND | os.O_WRONLY


def start(work_dir, setting, resume, fault=None) -> tuple[list[int], int]:
    """Start a training; return its processes, and a pipe of its saves."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    processes = []
    for rank in range(1 + (setting == 'processes')):
        process = os.fork()
        if process == 0:
            os.setpgid(0, 0)
            train(work_dir, setting, resume, rank, writer, fault)
        processes.append(process)
    os.close(writer)
    return processes, reader


def ended(process: int) -> int | None:
    """Return the exit code of a process, or None while it runs."""
    done, status = os.waitpid(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def wait(processes: list[int], patience: float) -> list[int]:
    """Return the exit codes; who outlives the patience is killed."""
    codes, until = {}, time.monotonic() + patience
    while len(codes) < len(processes):
        for process in set(processes) - codes.keys():
            code = ended(process)
            if code is None and time.monotonic() > until:
                os.killpg(process, signal.SIGKILL)
                code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            if code is not None:
                codes[process] = code
                # another that lost its peer ends soon
                until = min(until, time.monotonic() + patience / 4)
        time.sleep(0.002)
    for process in processes:  # its workers, where they outlive it
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
    return [codes[process] for process in processes]


def strike(processes, pipe, draw: random.Random, seconds: float) -> str:
    """Send a signal at a random moment; return which, and when."""
    number = draw.choice(SIGNALS)
    in_save = draw.random() < 0.5
    if in_save:
        saves = draw.randint(1, 2 * EPOCHS)
        until, delay = time.monotonic() + PATIENCE, draw.uniform(0, 0.01)
        while saves > 0 and time.monotonic() < until:
            try:
                told = os.read(pipe, saves)
            except BlockingIOError:
                time.sleep(0.0005)
                continue
            if not told:
                break
            saves -= len(told)
        time.sleep(delay)
    else:
        delay = draw.uniform(0, seconds)
        time.sleep(delay)
    victim = draw.choice(processes)
    try:
        os.kill(victim, number)
    except ProcessLookupError:
        return 'came too late'
    where = 'behind the start of a save' if in_save else 'behind the start'
    return f'{signal.Signals(number).name} {delay:.3f} s {where}'


def state(work_dir: Path) -> dict:
    """Return what must agree at the end of a training."""
    saved = torch.load(work_dir / f'epoch_{EPOCHS}.pth', map_location='cpu')
    return dict(
        weights=dict(saved['state_dict']),
        averages=dict(saved.get('ema_state_dict', {})),
        momentum=saved['optimizer']['state'],
        rates=[group['lr'] for group in saved['optimizer']['param_groups']],
        iteration=saved['meta']['iter'],
    )


def same(one, other) -> bool:
    """Return whether two nested values agree bit by bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            same(value, other[key]) for key, value in one.items()
        )
    return one == other


def drill(folder: Path, faults: int, seed: int, say=print) -> int:
    """Return how many of the faults cost nothing.

    Args:
        folder: An empty one, to train in.
        faults: How many; two of three are signals, one is a phase.
        seed: Of the moments.
        say: Takes a line for each.
    """
    draw = random.Random(seed)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        DATASETS.build(config(folder, 'ema', False).train_dataloader.dataset)
    Runner._log_env = lambda *_: None  # asks compilers for their versions
    expected, seconds = {}, {}
    for setting in SETTINGS:
        began = time.monotonic()
        processes, _ = start(folder / setting, setting, False)
        codes = wait(processes, PATIENCE)
        if any(codes):
            raise RuntimeError((folder / f'{setting}.log').read_text()[-2000:])
        seconds[setting] = time.monotonic() - began
        say(f'{setting}: {seconds[setting]:.1f} s without a fault')
        expected[setting] = state(folder / setting)
    good = 0
    for number in range(faults):
        setting = SETTINGS[number // 3 % 3]
        work_dir = folder / f'{setting}_{number}'
        if number % 3 == 2:
            phase = PHASES[number // 3 % len(PHASES)]
            fault = (phase, draw.randrange(4 * EPOCHS))
            processes, pipe = start(work_dir, setting, False, fault)
            what = f'{phase} in write {fault[1]}'
        else:
            processes, pipe = start(work_dir, setting, False)
            what = strike(processes, pipe, draw, 1.1 * seconds[setting])
        ends = wait(processes, PATIENCE)
        os.close(pipe)
        processes, pipe = start(work_dir, setting, True)
        codes = wait(processes, PATIENCE)
        os.close(pipe)
        left = list(work_dir.glob('.*.partial'))
        is_good = (
            not any(codes)
            and not left
            and same(state(work_dir), expected[setting])
        )
        good += is_good
        verdict = 'nothing lost' if is_good else f'LOST, exit codes {codes}'
        say(f'{number + 1} {setting}: {what} (ended {ends}): {verdict}')
        if is_good:
            shutil.rmtree(work_dir)
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--faults', type=int, default=100)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix='kill_resume_'))
    say = lambda line: print(line, flush=True)  # noqa: E731
    good = drill(folder, args.faults, args.seed, say)
    minutes = (time.monotonic() - began) / 60
    print(f'{good} of {args.faults} lost nothing, in {minutes:.1f} minutes')
    if good < args.faults:
        sys.exit(f'look into {folder}')
    shutil.rmtree(folder)


if __name__ == '__main__':
    main()

"""Run one experiment from a clean copy of a commit, and record it."""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader

from mmstn.files import write_whole
from mmstn.results.clean_copy import RUNS, clean_copy, git, locked
from mmstn.results.experiments import LIST, Experiment, Table
from mmstn.results.logs import seconds_per_step, validations
from mmstn.results.record import ONE_CORE, Record, record_path, write_record

PACKAGES = ('torch', 'torchvision', 'numpy', 'opencv-python', 'mmengine')
PACKAGES += ('mmpretrain', 'onedl-mmengine', 'onedl-mmpretrain')
ONE_THREAD = dict(
    OMP_NUM_THREADS='1',
    MKL_NUM_THREADS='1',
    # Freed memory is kept: new pages cost a tenth of a convolutional step.
    MALLOC_MMAP_THRESHOLD_=str(2**30),
    MALLOC_TRIM_THRESHOLD_=str(2**31),
)
LOWER_IS_BETTER = (
    'outside/',
    'placement/gap',
    'placement/stage',
    'placement/start',
    'spread/',
    'tracking/switched',
)
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@dataclass(frozen=True, eq=False)
class Run:
    """One seed of one experiment.

    Args:
        root: Of the project: a git checkout, for the clean copy.
        table: That the experiment is of.
        experiment: What to run.
        seed: Of everything random, a fold's too.
        amp: Whether to train in mixed precision, as ``train.py --amp`` does;
            an experiment may ask for it itself.
    """

    root: Path
    table: Table
    experiment: Experiment
    seed: int
    amp: bool = False

    @property
    def name(self) -> str:
        return f'{self.experiment.name} seed {self.seed}'

    @property
    def folder(self) -> Path:
        """Where checkpoints and logs go, and what is resumed from."""
        name = self.experiment.name.replace('@', '/')
        return self.root / RUNS / name / f'seed_{self.seed}'

    @property
    def in_mixed_precision(self) -> bool:
        return self.amp or self.experiment.amp

    @property
    def is_done(self) -> bool:
        return record_path(
            self.root, self.experiment.name, self.seed
        ).is_file()

    def options(self) -> dict:
        """Return what differs from the config, as ``--cfg-options``."""
        seeds = dict.fromkeys(self.table.seed_options, self.seed)
        return {**self.experiment.options, **seeds}

    def config(self, source: Path) -> Config:
        """Return the config as the run has it, from a copy of the project."""
        cfg = Config.fromfile(source / self.experiment.config)
        cfg.merge_from_dict(self.options())
        return cfg

    def commit(self) -> str:
        """Return the commit that the run began at, or begins at now."""
        path = self.folder / 'commit'
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            commit = git(self.root, 'rev-parse', 'HEAD')
            write_whole(path, commit.encode())
        return path.read_text()

    def check_same(self, wanted: list) -> None:
        """Raise a RuntimeError if the folder is of a run that was another.

        Args:
            wanted: What a run of now has: options and arguments.
        """
        path = self.folder / 'options.json'
        if not path.is_file():
            write_whole(path, json.dumps(wanted).encode())
        elif (begun := json.loads(path.read_text())) != wanted:
            raise RuntimeError(
                f'{self.name}: {self.folder} holds a run that began with '
                f'{begun}, and now it is to have {wanted}; run it as it '
                'began, or delete that folder to train anew'
            )

    def execute(self) -> Record:
        """Train where it was left, test, measure and write the record.

        Raises:
            BlockingIOError: If another process has the run at this moment.
            RuntimeError: If the folder holds another run, or training or test
                ends with an error, with the end of its log.
            ValueError: If the evaluator lacks the metric of the table.
        """
        with locked(self.folder) as lock:
            commit = self.commit()
            source = clean_copy(self.root, commit)
            amp = ['--amp'] * self.in_mixed_precision
            self.check_same([self.options(), *amp])
            trained = self.folder / 'trained'
            if not trained.is_file():
                self.call(source, lock, 'train.py', '--resume', *amp)
                trained.touch()
            checkpoint = self.checkpoint()
            metrics = self.test(source, lock, checkpoint)
            if self.table.metric not in metrics:
                raise ValueError(
                    f'{self.name}: its table shows {self.table.metric}, but '
                    f'the evaluator gives {", ".join(metrics)}; write one of '
                    f'them as the metric in {LIST}'
                )
            record = self.record(source, commit, checkpoint, metrics)
            write_record(self.root, record)
        return record

    def checkpoint(self) -> Path:
        """Return the path of the last checkpoint of a run that was begun.

        Raises:
            FileNotFoundError: If the run has none on this machine.
        """
        path = Path((self.folder / 'last_checkpoint').read_text())
        if not path.is_file():  # the folder was moved
            path = self.folder / path.name
        return path

    def test(
        self, source: Path, lock: IO, checkpoint: Path
    ) -> dict[str, float]:
        """Return what the evaluator measures of a checkpoint."""
        out = self.folder / 'metrics.json'
        arguments = ['--out', str(out), '--out-item', 'metrics']
        self.call(source, lock, 'test.py', str(checkpoint), *arguments)
        return json.loads(out.read_text())

    def call(self, source: Path, lock: IO, tool: str, *arguments: str) -> None:
        """Run a tool of the clean copy; its output goes to a log.

        On a CPU it has one thread, and no workers. It holds the lock as long
        as it lives.
        """
        options = self.options()
        environment = {**os.environ, 'PYTHONPATH': str(source)}
        if not torch.cuda.is_available():
            environment |= ONE_THREAD
            options = {**in_one_process(), **options}
        command = [sys.executable, f'tools/{tool}', self.experiment.config]
        command += [*arguments, '--work-dir', str(self.folder)]
        command += as_arguments(options)
        log = self.folder / f'{Path(tool).stem}.log'
        with log.open('w') as file:
            ended = subprocess.run(
                command,
                cwd=source,
                env=environment,
                stdout=file,
                stderr=file,
                pass_fds=[lock.fileno()],
            )
        if ended.returncode != 0:
            tail = ''.join(log.read_text().splitlines(True)[-12:])
            raise RuntimeError(f'{self.name}: {tool} failed, {log}:\n{tail}')

    def size(self, source: Path) -> dict[str, int]:
        """Return ``parameters`` and ``flops`` of the network."""
        command = [sys.executable, '-m', 'mmstn.results.measure']
        command += [self.experiment.config, *as_arguments(self.options())]
        environment = {**os.environ, 'PYTHONPATH': str(source)}
        ended = subprocess.run(
            command,
            cwd=source,
            env=environment,
            capture_output=True,
            text=True,
        )
        if ended.returncode != 0:
            raise RuntimeError(f'{self.name}: {ended.stderr[-2000:]}')
        return json.loads(ended.stdout.splitlines()[-1])

    def precision(self, on_gpu: bool) -> str:
        """Return the type in which convolutions were computed."""
        if not self.in_mixed_precision:
            return 'float32'
        return 'float16' if on_gpu else 'bfloat16'

    def record(
        self, source: Path, commit: str, checkpoint: Path, metrics: dict
    ) -> Record:
        """Return the record of the finished run."""
        batch_size = self.config(source).train_dataloader.batch_size
        meta = CheckpointLoader.load_checkpoint(str(checkpoint), 'cpu')['meta']
        step = seconds_per_step(self.folder)
        on_gpu = torch.cuda.is_available()
        return Record(
            experiment=self.experiment.name,
            config=self.experiment.config,
            options=self.options(),
            seed=self.seed,
            budget=dict(
                epochs=meta['epoch'],
                steps=meta['iter'],
                batch_size=batch_size,
            ),
            metrics=[
                dict(name=name, value=round(value, 4), direction=better(name))
                for name, value in metrics.items()
            ],
            **self.size(source),
            seconds=round(step * meta['iter'], 1),
            images_per_second=round(batch_size / step, 1),
            precision=self.precision(on_gpu),
            curve=validations(self.folder, self.table.metric),
            device=torch.cuda.get_device_name() if on_gpu else ONE_CORE,
            versions=versions(),
            commit=commit,
        )


def better(metric: str) -> str:
    """Return which numbers of a metric are better, for its record."""
    return 'lower' if metric.startswith(LOWER_IS_BETTER) else 'higher'


def in_one_process() -> dict[str, object]:
    """Return the options with which a training takes one core."""
    return {
        f'{loader}.{key}': value
        for loader in LOADERS
        for key, value in dict(num_workers=0, persistent_workers=False).items()
    }


def as_arguments(options: dict) -> list[str]:
    """Return options as a command line has them."""
    pairs = [f'{key}={value}' for key, value in options.items()]
    return ['--cfg-options', *pairs] if pairs else []


def versions() -> dict[str, str]:
    """Return the versions of Python and of what does the work."""
    found = dict(python=platform.python_version())
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

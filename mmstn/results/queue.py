"""Run experiments one after the other, or several at once."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ThreadPoolExecutor,
    wait,
)
from datetime import timedelta
from statistics import mean

from mmstn.results.clean_copy import RUNS, clean_copy
from mmstn.results.logs import epochs_trained
from mmstn.results.run import Run

INTERVAL = 60  # seconds between two lines about what is running


class Queue:
    """Runs that have no record yet, and how far they are.

    Args:
        runs: What to run; those with a record are left out.
        jobs: How many at once.
        say: What takes each line.
    """

    def __init__(
        self, runs: Sequence[Run], jobs: int, say: Callable[[str], None]
    ):
        self.runs = [run for run in runs if not run.is_done]
        self.jobs = jobs
        self.say = say
        self.began = {}  # of a run, when, at which epoch, and of how many
        self.took = []  # seconds of each finished run
        done = len(runs) - len(self.runs)
        anew = f'; to train anew delete it and its folder in {RUNS}'
        say(f'{done} of {len(runs)} runs have a record{anew if done else ""}')

    def execute(self) -> list[Exception]:
        """Run all, and return the errors of those that failed."""
        errors = []
        pool = ThreadPoolExecutor(self.jobs)
        waiting = {pool.submit(self.begin, run): run for run in self.runs}
        try:
            while waiting:
                finished, _ = wait(waiting, INTERVAL, FIRST_COMPLETED)
                for future in finished:
                    errors += self.finish(waiting.pop(future), future)
                if not finished:
                    self.say(self.state(waiting.values()))
        finally:  # after Ctrl-C nothing more begins
            pool.shutdown(cancel_futures=True)
        return errors

    def begin(self, run: Run):
        source = clean_copy(run.root, run.commit())
        epochs = run.config(source).train_cfg.max_epochs
        first = max(epochs_trained(run.folder), 1)
        self.began[run] = time.monotonic(), first, epochs
        self.say(f'{run.name}: begins')
        return run.execute()

    def finish(self, run: Run, future: Future) -> list[Exception]:
        """Say what came of a run; return its error, if there is one."""
        error = future.exception()
        began, *_ = self.began.pop(run, (time.monotonic(),))
        took = time.monotonic() - began
        if error is not None:
            self.say(f'{run.name}: {error}')
            return [error]
        self.took.append(took)
        value = future.result().value(run.table.metric)
        self.say(
            f'{run.name}: {run.table.shown} '
            f'{run.table.shown_value(value):.2f} % after {in_words(took)}'
        )
        return []

    def state(self, unfinished: Sequence[Run]) -> str:
        """Return what is running, how far it is, and what time is left."""
        now, parts, whole = time.monotonic(), [], list(self.took)
        left = 0.0
        for run, (began, first, epochs) in list(self.began.items()):
            epoch = epochs_trained(run.folder)
            parts.append(f'{run.name}: epoch {epoch} of {epochs}')
            if epoch > first:
                per_epoch = (now - began) / (epoch - first)
                whole.append(per_epoch * epochs)
                left += per_epoch * (epochs - epoch + 1)
        if whole:
            left += mean(whole) * (len(unfinished) - len(self.began))
            jobs = min(self.jobs, len(unfinished))
            parts.append(f'about {in_words(left / jobs)} left')
        return '; '.join(parts)


def in_words(seconds: float) -> str:
    """Return a duration as hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))

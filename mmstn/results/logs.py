"""What the logs of a run say of it."""

import contextlib
import json
import statistics
from collections.abc import Iterator
from pathlib import Path


def seconds_per_step(folder: Path) -> float:
    """Return the mean time of a training step in the logs of a run.

    A run that was killed has a log for each start; of a step that was taken
    twice the later time counts.
    """
    times = {
        entry['step']: entry['time']
        for entry in logged(folder)
        if 'loss' in entry and 'time' in entry
    }
    return statistics.mean(times.values())


def validations(folder: Path, metric: str) -> list[list[float]]:
    """Return the epochs at which a run was validated, and the metric there."""
    found = {
        entry['step']: round(entry[metric], 4)
        for entry in logged(folder)
        if metric in entry
    }
    return [[epoch, value] for epoch, value in sorted(found.items())]


def logged(folder: Path) -> Iterator[dict]:
    """Yield the entries of the logs of a run, the oldest first."""
    for log in logs(folder):
        yield from entries(log)


def logs(folder: Path) -> list[Path]:
    """Return the logs of a run, one of each start, the oldest first."""
    return sorted(folder.glob('*/vis_data/scalars.json'))


def entries(log: Path) -> Iterator[dict]:
    """Yield the entries of one log, without a line cut by a full disk."""
    for line in log.read_text().splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(line)


def epochs_trained(folder: Path) -> int:
    """Return how many epochs a run has begun, by its newest log."""
    newest = logs(folder)[-1:]
    begun = [e.get('epoch', 0) for log in newest for e in entries(log)]
    return max(begun, default=0)

"""Weights that come with the package: small, and as good as their record."""

import io
from pathlib import Path

import torch
from mmengine.runner import CheckpointLoader

from mmstn.files import write_whole
from mmstn.results.clean_copy import clean_copy, locked
from mmstn.results.record import read_record, record_path
from mmstn.results.run import Run
from mmstn.shipped import WEIGHTS

TOLERANCE = 0.05  # of the metric, in percent points


def ship(run: Run) -> Path:
    """Write the weights of a finished run into the package.

    In half precision, which the network that loads them widens again. They
    are tested before they are written.

    Returns:
        The path, ``WEIGHTS/<experiment>.pth``.

    Raises:
        FileNotFoundError: If the run has no record, or no checkpoint here.
        ValueError: If the rounded weights measure otherwise than the record,
            or the experiment has not the name of a config.
    """
    if '@' in run.experiment.name:
        raise ValueError(
            f'{run.name}: weights are found by the name of their config; name '
            'an experiment without an @'
        )
    recorded = record_path(run.root, run.experiment.name, run.seed)
    record = read_record(recorded)
    small = run.folder / 'half.pth'
    with locked(run.folder) as lock:
        content = in_half(run.checkpoint())
        write_whole(small, content)
        source = clean_copy(run.root, run.commit())
        metric = run.table.metric
        now = run.test(source, lock, small)[metric]
        then = record.value(metric)
    if abs(now - then) > TOLERANCE:
        raise ValueError(
            f'{run.name}: in half precision its {metric} is {now:.2f}, but '
            f'{then:.2f} in {recorded}; these weights do not ship'
        )
    path = WEIGHTS / f'{run.experiment.name}.pth'
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return path


def in_half(checkpoint: Path) -> bytes:
    """Return a checkpoint with nothing but weights, and names of classes."""
    loaded = CheckpointLoader.load_checkpoint(str(checkpoint), 'cpu')
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in loaded['state_dict'].items()
    }
    meta = {'dataset_meta': loaded['meta']['dataset_meta']}
    buffer = io.BytesIO()
    torch.save(dict(meta=meta, state_dict=state), buffer)
    return buffer.getvalue()

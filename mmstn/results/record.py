"""What is kept of a run: a small JSON file, and nothing that must be guessed.

A record has

- ``experiment``, ``config``, ``options``, ``seed``: what was run;
- ``budget``: epochs, steps and batch size;
- ``metrics``: name, value, and direction, ``'higher'`` or ``'lower'``: which
  is better;
- ``parameters``, and ``flops`` of the prediction of one image, in all draws of
  theta if there are several: matrix products and convolutions, as torch counts
  them, so 2 for a multiplication and addition;
- ``precision`` of the products in training: ``'float32'``, or that of
  ``--amp``;
- ``curve``: the table's metric at each validation, after how many epochs;
- ``seconds`` of training steps, and ``images_per_second``;
- ``device``, ``versions``, and the ``commit`` that was run.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mmstn.files import write_whole

FOLDER = 'configs/results'
ONE_CORE = 'CPU, one core'  # the device of most


@dataclass(frozen=True)
class Record:
    """One finished run; see the module for the fields."""

    experiment: str
    config: str
    options: dict
    seed: int
    budget: dict
    metrics: list[dict]
    parameters: int
    flops: int
    seconds: float
    images_per_second: float
    device: str
    versions: dict
    commit: str
    precision: str = 'float32'
    curve: list = field(default_factory=list)

    def value(self, metric: str) -> float | None:
        """Return the value of a metric, None if it was not measured."""
        for measured in self.metrics:
            if measured['name'] == metric:
                return measured['value']
        return None


def record_path(root: Path, experiment: str, seed: int) -> Path:
    """Return where the record of a run is, below the project's root."""
    return root / FOLDER / f'{experiment}.seed{seed}.json'


def write_record(root: Path, record: Record) -> Path:
    """Write a record whole, and return its path."""
    path = record_path(root, record.experiment, record.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(asdict(record), indent=1) + '\n').encode())
    return path


def read_record(path: Path) -> Record:
    """Return the record in a file.

    Raises:
        ValueError: If the file holds none, with its path.
    """
    try:
        return Record(**json.loads(path.read_text()))
    except (json.JSONDecodeError, TypeError) as error:
        raise ValueError(f'{path} is no record: {error}') from error


def read_records(root: Path) -> dict[str, Sequence[Record]]:
    """Return all records by the name of their experiment, by seed."""
    records = {}
    for path in sorted((root / FOLDER).rglob('*.json')):
        record = read_record(path)
        records.setdefault(record.experiment, []).append(record)
    return {
        name: sorted(few, key=lambda record: record.seed)
        for name, few in records.items()
    }

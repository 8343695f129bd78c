"""The list of experiments, and what others report of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import yaml

LIST = 'configs/results/experiments.yml'


@dataclass(frozen=True)
class Experiment:
    """One row of a table.

    Args:
        name: Path of the config below ``configs/``, without ``.py``, and
            where one config has several rows ``@`` and which.
        model: What the row is called.
        paper: The number in the paper, in the unit of the table, or None.
        elsewhere: The best other public reproduction: ``(number, who)``.
        options: As ``--cfg-options`` takes them.
        amp: Whether it is always trained in mixed precision.
        note: What the paper's number or ours is not.
    """

    name: str
    model: str
    paper: float | None = None
    elsewhere: tuple[float, str] | None = None
    options: dict = field(default_factory=dict)
    amp: bool = False
    note: str = ''

    @property
    def config(self) -> str:
        """Path of the config, below the root of the project."""
        return f'configs/{self.name.partition("@")[0]}.py'


@dataclass(frozen=True)
class Table:
    """Experiments on one data set, whose numbers can be compared.

    Args:
        name: Such as ``mnist/rts``.
        data: Name of the data set, for a model index.
        metric: The evaluator's name of the number, such as ``accuracy/top1``.
        shown: What the number is called: ``'error'``, then 100 less the
            evaluator's is shown, or another name of that itself, such as
            ``'accuracy'``. In percent.
        task: Of the models, for a model index.
        also: Further columns, from a heading to the evaluator's name.
        seed_options: Options that are set to the seed; a fold, too.
        seeds: Which to run.
        experiments: The rows.
    """

    name: str
    data: str
    metric: str
    experiments: tuple[Experiment, ...]
    shown: str = 'error'
    task: str = 'Image Classification'
    also: dict[str, str] = field(default_factory=dict)
    seed_options: tuple[str, ...] = ('randomness.seed',)
    seeds: tuple[int, ...] = (0, 1, 2)

    def shown_value(self, value: float) -> float:
        """Return the evaluator's number in the unit of the table."""
        return 100 - value if self.shown == 'error' else value


def read_tables(root: Path) -> list[Table]:
    """Return the tables of ``experiments.yml``, below the project's root."""
    tables = []
    for entry in yaml.safe_load((root / LIST).read_text()):
        rows = tuple(Experiment(**row) for row in entry.pop('experiments'))
        tables.append(Table(**entry, experiments=rows))
    return tables


def select(
    tables: Sequence[Table], names: Sequence[str]
) -> list[tuple[Table, Experiment]]:
    """Return the named experiments, in the order of the tables.

    Args:
        names: Of an experiment, ``mnist/st_cnn_aff_rts``; of a table,
            ``mnist/rts``; what tables' names begin with, ``mnist``; ``all``.

    Raises:
        ValueError: If a name is of none of them, with near ones.
    """
    rows = [(table, row) for table in tables for row in table.experiments]
    known = {}  # the names of experiments by what they are called together
    for table, row in rows:
        folder = table.name.partition('/')[0]
        for name in (row.name, table.name, folder, 'all'):
            known.setdefault(name, set()).add(row.name)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3) or list(known)
            raise ValueError(
                f'{name!r} is no experiment and no table of '
                f'{LIST}; near it are {", ".join(near)}'
            )
    chosen = set().union(*(known[name] for name in names))
    return [(table, row) for table, row in rows if row.name in chosen]

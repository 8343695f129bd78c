"""Draw what a minute of training buys."""

from collections.abc import Sequence
from pathlib import Path

from mmstn.results.experiments import Experiment, Table
from mmstn.results.record import ONE_CORE, Record


def minutes_and_numbers(
    table: Table, record: Record
) -> tuple[list[float], list[float]]:
    """Return the minutes of training until each validation, and its number.

    The number is the one that the table shows, an error or an accuracy.
    """
    per_epoch = record.seconds / 60 / record.budget['epochs']
    epochs, values = zip(*record.curve, strict=True)
    return [epoch * per_epoch for epoch in epochs], [
        table.shown_value(value) for value in values
    ]


def plot_over_time(
    chosen: Sequence[tuple[Table, Experiment]],
    records: dict[str, Sequence[Record]],
    path: Path,
) -> None:
    """Draw the number of each experiment over minutes of one core.

    Each table has a panel of its own. The first seed with a curve on a CPU is
    drawn; an experiment without one is left out.

    Args:
        chosen: Experiments, each with its table.
        records: By the name of their experiment.
        path: Of the picture.

    Raises:
        ValueError: If no experiment has a curve.
    """
    import matplotlib

    matplotlib.use('agg')
    from matplotlib import pyplot
    from matplotlib.ticker import ScalarFormatter

    panels = {}
    for table, row in chosen:
        for record in records.get(row.name, ()):
            if record.curve and record.device == ONE_CORE:
                panels.setdefault(table.name, []).append((row, record))
                break
    if not panels:
        raise ValueError(
            'no record of these experiments has a curve of one core; run one '
            'first'
        )
    tables = {table.name: table for table, _ in chosen}
    figure, axes = pyplot.subplots(
        1,
        len(panels),
        squeeze=False,
        figsize=(4.5 * len(panels), 3.6),
        layout='constrained',
    )
    for axis, (name, rows) in zip(axes[0], panels.items(), strict=True):
        table = tables[name]
        for row, record in rows:
            axis.plot(
                *minutes_and_numbers(table, record),
                marker='.',
                label=row.model,
            )
        if table.shown == 'error':
            axis.set_yscale('log')
            axis.yaxis.set_major_formatter(ScalarFormatter())
            axis.yaxis.set_minor_formatter(ScalarFormatter())
        axis.set(
            title=table.data,
            xlabel='minutes of one core',
            ylabel=f'{table.shown}, %',
        )
        axis.grid(alpha=0.3, which='both')
        axis.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)

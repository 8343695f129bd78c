"""Write what people read from the records: tables, and lines in configs."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from textwrap import fill

from mmstn.results.experiments import Experiment, Table
from mmstn.results.record import ONE_CORE, Record

PAGES = ('README.md', 'configs/README.md')
BETWEEN = r'(<!-- results: (\S+) -->\n).*?(<!-- end -->)'
NOT_RUN = 'not run yet'


def values(records: Sequence[Record], metric: str) -> list[float]:
    """Return the values of a metric in the records that have it."""
    found = [record.value(metric) for record in records]
    return [value for value in found if value is not None]


def shown_values(table: Table, records: Sequence[Record]) -> list[float]:
    """Return the number of each record in the unit of the table."""
    return [table.shown_value(v) for v in values(records, table.metric)]


def with_spread(numbers: Sequence[float], digits: int = 2) -> str:
    """Return a mean, with the standard deviation if there are several."""
    text = f'{mean(numbers):.{digits}f}'
    if len(numbers) > 1:
        text += f' ± {stdev(numbers):.{digits}f}'
    return text


def figures(numbers: Sequence[float]) -> int:
    """Return how many digits after the point are worth showing."""
    largest = max(map(abs, numbers), default=0)
    return 0 if largest >= 10 else 1 if largest >= 1 else 2


def seeds_of(records: Sequence[Record]) -> str:
    """Return which seeds were run, in words."""
    if len(records) == 1:
        return f'seed {records[0].seed}'
    return f'{len(records)} seeds'


def budget_of(records: Sequence[Record]) -> str:
    """Return what each run was allowed, in words."""
    epochs = [record.budget['epochs'] for record in records]
    least, most = min(epochs), max(epochs)
    text = f'{most} epoch{"s" * (most > 1)}'
    if least < most:
        text = f'{least} to {text}'
    precisions = sorted({record.precision for record in records})
    if precisions != ['float32']:
        text += f' in {" or ".join(precisions)}'
    return text


def rate_of(records: Sequence[Record]) -> str:
    """Return the images/s on the device of the first record."""
    device = records[0].device
    rates = [r.images_per_second for r in records if r.device == device]
    return f'{mean(rates):,.0f}' + ', GPU' * (device != ONE_CORE)


def is_as_good(table: Table, row: Experiment, records) -> bool:
    """Return whether ours is at least the paper's, rounded to its digits."""
    if row.paper is None or not records:
        return False
    half = 0.5 * 10 ** -len(str(row.paper).partition('.')[2])
    ours = mean(shown_values(table, records))
    if table.shown == 'error':
        return ours < row.paper + half
    return ours >= row.paper - half


def table_row(
    table: Table, row: Experiment, records: Sequence[Record], folder: str
) -> dict[str, str]:
    """Return the cells of a row by their heading."""
    link = os.path.relpath(row.config, folder)
    cells = {'model': f'[{row.model}]({link})'}
    if row.note:
        cells['model'] += f', {row.note}'
    cells['paper'] = '' if row.paper is None else str(row.paper)
    cells['elsewhere'] = ''
    if row.elsewhere:
        number, who = row.elsewhere
        cells['elsewhere'] = f'{number} ({who})'
    if not records:
        return cells | {'ours': NOT_RUN}
    ours = with_spread(shown_values(table, records))
    if is_as_good(table, row, records):
        ours = f'**{ours}**'
    cells['ours'] = f'{ours}, {seeds_of(records)}'
    for heading, metric in table.also.items():
        found = values(records, metric)
        digits = figures(found)
        cells[heading] = with_spread(found, digits) if found else ''
    return cells | {
        'budget': budget_of(records),
        'parameters': f'{records[0].parameters:,}',
        'images/s': rate_of(records),
    }


def markdown(
    table: Table, records: dict[str, Sequence[Record]], folder: str = 'configs'
) -> str:
    """Return a table as Markdown; a column without a number is left out.

    Args:
        table: Which.
        records: By the name of their experiment.
        folder: Of the page, below the project's root, for the links.
    """
    rows = [
        table_row(table, row, records.get(row.name, ()), folder)
        for row in table.experiments
    ]
    heads = ['model', 'paper', 'elsewhere', 'ours', *table.also]
    heads += ['budget', 'parameters', 'images/s']
    heads = [h for h in heads if any(row.get(h) for row in rows)]
    named = {'paper': f'paper, {table.shown}', 'ours': f'ours, {table.shown}'}
    lines = ['| ' + ' | '.join(named.get(h, h) for h in heads) + ' |']
    lines.append('|---' * len(heads) + '|')
    for row in rows:
        lines.append('| ' + ' | '.join(row.get(h, '') for h in heads) + ' |')
    return '\n'.join(lines)


def page(
    text: str,
    tables: Sequence[Table],
    records: dict[str, Sequence[Record]],
    folder: str = 'configs',
) -> str:
    """Return a page with its tables written anew, between their markers.

    Raises:
        ValueError: If a marker names no table.
    """
    known = {table.name: table for table in tables}

    def written(found: re.Match) -> str:
        name = found[2]
        if name not in known:
            raise ValueError(
                f'{folder}/README.md: `<!-- results: {name} -->` names no '
                f'table; there are {", ".join(known)}'
            )
        lines = markdown(known[name], records, folder)
        return f'{found[1]}{lines}\n{found[3]}'

    return re.sub(BETWEEN, written, text, flags=re.DOTALL)


def result_line(
    table: Table, row: Experiment, records: Sequence[Record]
) -> str:
    """Return the sentence about the result in the header of a config."""
    if not records:
        return f'Result: {NOT_RUN}.'
    shown = with_spread(shown_values(table, records))
    article = 'an ' if table.shown[0] in 'ae' else 'a '
    paper = '' if row.paper is None else f' (the paper: {row.paper})'
    text = f'Result: {article}{table.shown} of {shown} %{paper}, '
    return fill(text + f'{seeds_of(records)}, {budget_of(records)}.', 79)


def header(text: str, line: str) -> str:
    """Return a config with the result in its header replaced."""
    pattern = re.compile(r'^Result: .*?(?=\n\n|\n""")', re.M | re.S)
    return pattern.sub(line, text, count=1)


def written_files(
    root: Path, tables: Sequence[Table], records: dict[str, Sequence[Record]]
) -> dict[Path, str]:
    """Return the pages with results and the configs, as they should be."""
    files = {}
    for name in PAGES:
        text, folder = (root / name).read_text(), os.path.dirname(name)
        files[root / name] = page(text, tables, records, folder or '.')
    for table in tables:
        for row in table.experiments:
            if '@' not in row.name:
                path = root / row.config
                line = result_line(table, row, records.get(row.name, ()))
                files[path] = header(path.read_text(), line)
    return files

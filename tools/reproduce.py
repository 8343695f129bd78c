"""Run published experiments, and write their tables.

python tools/reproduce.py mnist/st_cnn_aff_rts   # a cell
python tools/reproduce.py mnist/rts --seeds 0    # a table, one seed
python tools/reproduce.py all --jobs 2
python tools/reproduce.py --table                # write the tables again
python tools/reproduce.py mnist/cnn_r mnist/st_cnn_aff_r --plot over_time.png
"""

import argparse
import sys
from pathlib import Path

from mmstn.files import write_whole
from mmstn.results.clean_copy import RUNS
from mmstn.results.experiments import LIST, read_tables, select
from mmstn.results.metafile import METAFILE, metafile
from mmstn.results.plot import plot_over_time
from mmstn.results.queue import Queue
from mmstn.results.record import FOLDER, read_records
from mmstn.results.run import Run
from mmstn.results.tables import written_files
from mmstn.results.weights import ship

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f'The experiments stand in {LIST}. Each is trained from a '
        f'clean copy of the last commit, in {RUNS}, and goes on from there '
        f'after a kill; what has a record in {FOLDER} is not run again.',
    )
    parser.add_argument(
        'names',
        nargs='*',
        help='of experiments, of tables, their first part, or `all`',
    )
    parser.add_argument(
        '--seeds', nargs='+', type=int, help="by default the table's"
    )
    parser.add_argument(
        '--jobs', type=int, default=1, help='how many at once, one core each'
    )
    parser.add_argument(
        '--amp',
        action='store_true',
        help='train in mixed precision, as `train.py --amp`',
    )
    parser.add_argument(
        '--list', action='store_true', help='say what would run, and stop'
    )
    parser.add_argument(
        '--table',
        action='store_true',
        help='write tables, headers of configs and metafile from the records',
    )
    parser.add_argument(
        '--ship',
        action='store_true',
        help='write the weights of each first seed into the package, in half '
        'precision, and stop',
    )
    parser.add_argument(
        '--plot',
        type=Path,
        help='draw what is recorded of the named experiments over the minutes '
        'of their training into this picture, and stop',
    )
    args = parser.parse_args()
    if not (args.names or args.table):
        parser.error('names are missing: of experiments, of tables, or `all`')
    if not (args.list or (ROOT / '.git').exists()):
        parser.error(
            f'{ROOT} is no git checkout of mmstn, which a run and what is '
            'written of it need; clone the project, and start it there'
        )
    tables = read_tables(ROOT)
    try:
        chosen = select(tables, args.names)
    except ValueError as error:
        parser.error(str(error))
    runs = [
        Run(ROOT, table, row, seed, args.amp)
        for table, row in chosen
        for seed in args.seeds or table.seeds
    ]
    if args.list:
        for run in runs:
            print(run.name, 'has a record' if run.is_done else '')
        return
    if args.ship:
        first = {run.experiment.name: run for run in reversed(runs)}
        for run in first.values():
            print(ship(run).relative_to(ROOT))
        return
    if args.plot:
        plot_over_time(chosen, read_records(ROOT), args.plot)
        return
    errors = Queue(runs, args.jobs, log).execute() if runs else []
    if args.table:
        records = read_records(ROOT)
        files = written_files(ROOT, tables, records)
        files[ROOT / METAFILE] = metafile(tables, records)
        for path, text in files.items():
            write_whole(path, text.encode())
    sys.exit(bool(errors))


def log(line: str) -> None:
    print(line, flush=True)


if __name__ == '__main__':
    main()

"""The results as OpenMMLab's model index, which ``mim`` reads."""

from collections.abc import Sequence
from statistics import mean

import yaml

from mmstn.results.experiments import Experiment, Table
from mmstn.results.record import Record
from mmstn.results.tables import shown_values
from mmstn.shipped import WEIGHTS

METAFILE = 'configs/metafile.yml'
COLLECTION = {
    'Name': 'Spatial Transformer Networks',
    'Metadata': {'Architecture': ['Spatial Transformer']},
    'Paper': {
        'URL': 'https://arxiv.org/abs/1506.02025',
        'Title': 'Spatial Transformer Networks',
    },
    'README': 'configs/README.md',
}


def model_entry(
    table: Table, row: Experiment, records: Sequence[Record]
) -> dict:
    """Return the entry of an experiment that was run."""
    first = records[0]
    name = table.shown[0].upper() + table.shown[1:]
    if table.metric == 'accuracy/top1':
        name = f'Top 1 {name}'
    weights = WEIGHTS / f'{row.name}.pth'
    shipped = weights.relative_to(WEIGHTS.parents[1]).as_posix()
    return {
        'Name': row.name.replace('/', '-').replace('@', '-'),
        'In Collection': COLLECTION['Name'],
        'Config': row.config,
        'Metadata': {
            'Training Data': table.data,
            'Epochs': first.budget['epochs'],
            'Batch Size': first.budget['batch_size'],
            'Parameters': first.parameters,
            'FLOPs': first.flops,
            'Seeds': len(records),
        },
        'Results': [
            {
                'Dataset': table.data,
                'Task': table.task,
                'Metrics': {
                    name: round(mean(shown_values(table, records)), 2)
                },
            }
        ],
        **({'Weights': shipped} if weights.is_file() else {}),
    }


def metafile(
    tables: Sequence[Table], records: dict[str, Sequence[Record]]
) -> str:
    """Return the text of ``configs/metafile.yml``."""
    models = [
        model_entry(table, row, records[row.name])
        for table in tables
        for row in table.experiments
        if row.name in records
    ]
    return yaml.safe_dump(
        {'Collections': [COLLECTION], 'Models': models}, sort_keys=False
    )

"""What is written of records."""

import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
import yaml

from mmstn.results.experiments import Experiment, Table, read_tables
from mmstn.results.metafile import METAFILE, metafile
from mmstn.results.plot import minutes_and_numbers, plot_over_time
from mmstn.results.record import (
    Record,
    read_record,
    read_records,
    record_path,
    write_record,
)
from mmstn.results.run import better
from mmstn.results.tables import (
    header,
    markdown,
    page,
    result_line,
    written_files,
)

ROOT = Path(__file__).parents[2]
ROWS = (
    Experiment('a/plain', 'Plain', paper=2.1, elsewhere=(3.0, 'someone')),
    Experiment('a/better', 'Better', paper=1.2),
    Experiment('a/later', 'Later'),
)
TABLE = Table(
    'a', 'A', 'accuracy/top1', ROWS, also={'turn undone, %': 'undone/st/angle'}
)


def record(experiment='a/plain', seed=0, accuracy=97.9, **metrics):
    metrics = {'accuracy/top1': accuracy, **metrics}
    return Record(
        experiment=experiment,
        config=f'configs/{experiment}.py',
        options={'randomness.seed': seed},
        seed=seed,
        budget=dict(epochs=60, steps=28140, batch_size=128),
        metrics=[
            dict(name=name, value=value, direction='higher')
            for name, value in metrics.items()
        ],
        parameters=399615,
        flops=799230,
        seconds=300.0,
        images_per_second=12000.0,
        device='CPU, one core',
        versions=dict(python='3.11.7'),
        commit='0' * 40,
    )


RECORDS = {
    'a/plain': [record(seed=0, accuracy=98.0), record(seed=1, accuracy=97.8)],
    'a/better': [record('a/better', 0, 98.76, **{'undone/st/angle': 86.2})],
}


def cells(row):
    lines = markdown(TABLE, RECORDS).splitlines()
    heads = [head.strip() for head in lines[0].split('|')[1:-1]]
    values = [cell.strip() for cell in lines[2 + row].split('|')[1:-1]]
    return dict(zip(heads, values, strict=True))


def test_a_row_is_the_mean_and_spread_of_its_records():
    assert cells(0) == {
        'model': '[Plain](a/plain.py)',
        'paper, error': '2.1',
        'elsewhere': '3.0 (someone)',
        'ours, error': '**2.10 ± 0.14**, 2 seeds',
        'turn undone, %': '',
        'budget': '60 epochs',
        'parameters': '399,615',
        'images/s': '12,000',
    }


def test_what_ran_on_a_gpu_is_said_and_not_mixed_with_one_core():
    gpu = dict(device='NVIDIA H100', images_per_second=1000.0)
    first, second = RECORDS['a/plain']
    lines = [
        markdown(TABLE, {'a/plain': records}).splitlines()[2]
        for records in (
            [replace(first, **gpu)],
            [replace(first, precision='bfloat16'), replace(second, **gpu)],
        )
    ]
    assert lines[0].endswith('| 60 epochs | 399,615 | 1,000, GPU |')
    mixed = '| 60 epochs in bfloat16 or float32 | 399,615 | 12,000 |'
    assert lines[1].endswith(mixed)


def test_runs_that_stopped_at_several_epochs_say_from_which_to_which():
    first, second = RECORDS['a/plain']
    later = replace(second, budget=dict(second.budget, epochs=85))
    line = markdown(TABLE, {'a/plain': [later, first]}).splitlines()[2]
    assert '| 60 to 85 epochs |' in line


def test_what_is_at_the_papers_to_its_digits_is_bold():
    assert cells(1)['ours, error'] == '**1.24**, seed 0'
    worse = {'a/better': [record('a/better', 0, 98.75)]}
    assert '| 1.25, seed 0 |' in markdown(TABLE, worse)


def test_a_column_of_its_own_and_a_row_without_a_record():
    assert cells(1)['turn undone, %'] == '86'
    assert cells(2)['ours, error'] == 'not run yet'
    assert cells(2)['paper, error'] == ''


@pytest.mark.parametrize(
    ('value', 'shown'), [(86.2, '86'), (5.93, '5.9'), (0.148, '0.15')]
)
def test_a_column_of_its_own_has_two_figures(value, shown):
    records = {'a/better': [record('a/better', **{'undone/st/angle': value})]}
    assert f'| {shown} |' in markdown(TABLE, records)


def test_only_what_stands_between_the_markers_is_written():
    text = 'above\n<!-- results: a -->\nold\n<!-- end -->\nbelow\n'
    written = page(text, [TABLE], RECORDS)
    assert written.startswith('above\n<!-- results: a -->\n| model |')
    assert written.endswith('|\n<!-- end -->\nbelow\n')
    assert page(written, [TABLE], RECORDS) == written


def test_a_marker_of_no_table_is_an_error():
    text = '<!-- results: b -->\n<!-- end -->\n'
    with pytest.raises(ValueError, match='results: b -->` names no table'):
        page(text, [TABLE], RECORDS)


def test_the_page_of_results_has_every_table_once():
    text = (ROOT / 'configs/README.md').read_text()
    found = re.findall(r'<!-- results: (.*?) -->', text)
    assert sorted(found) == sorted(table.name for table in read_tables(ROOT))


def test_links_go_to_the_configs_from_any_page():
    text = '<!-- results: a -->\n<!-- end -->\n'
    assert '](configs/a/plain.py)' in page(text, [TABLE], RECORDS, '.')
    assert '](a/plain.py)' in page(text, [TABLE], RECORDS)


def test_the_header_of_a_config_gets_the_result_and_keeps_the_rest():
    text = '"""Title.\n\nSource: x.\nResult: an old\nstory.\n"""\n\na = 1\n'
    line = result_line(TABLE, ROWS[0], RECORDS['a/plain'])
    assert line == (
        'Result: an error of 2.10 ± 0.14 % (the paper: 2.1), 2 seeds, '
        '60 epochs.'
    )
    new = header(text, line)
    assert new == text.replace('Result: an old\nstory.', line)


def test_a_record_is_read_as_it_was_written(tmp_path):
    path = write_record(tmp_path, RECORDS['a/better'][0])
    assert path == tmp_path / 'configs/results/a/better.seed0.json'
    assert read_records(tmp_path) == {'a/better': RECORDS['a/better']}


def test_a_file_that_is_no_record_is_named(tmp_path):
    path = tmp_path / 'x.json'
    path.write_text('{"experiment": "a"}')
    with pytest.raises(ValueError, match='x.json is no record'):
        read_record(path)


@pytest.mark.parametrize(
    'path',
    sorted((ROOT / 'configs/results').rglob('*.json')),
    ids=lambda path: path.stem,
)
def test_a_published_record_is_whole(path):
    found = read_record(path)
    listed = {r.name: t for t in read_tables(ROOT) for r in t.experiments}
    assert path == record_path(ROOT, found.experiment, found.seed)
    assert found.value(listed[found.experiment].metric) is not None
    assert found.seconds > 0
    assert found.images_per_second > 0
    assert re.fullmatch('[0-9a-f]{40}', found.commit)
    assert '/home/' not in path.read_text()
    assert json.loads(path.read_text())['parameters'] > 0


def test_every_published_number_is_that_of_a_record():
    """The page, the headers and the metafile are what the tool writes."""
    tables, records = read_tables(ROOT), read_records(ROOT)
    files = written_files(ROOT, tables, records)
    files[ROOT / METAFILE] = metafile(tables, records)
    for path, text in files.items():
        assert path.read_text() == text, path


def test_a_config_outside_the_list_claims_no_result():
    listed = {r.config for t in read_tables(ROOT) for r in t.experiments}
    for path in (ROOT / 'configs').rglob('*.py'):
        name = path.relative_to(ROOT).as_posix()
        if '_base_' not in name and name not in listed:
            assert 'Result: not run yet.' in path.read_text(), name


def test_the_model_index_has_an_entry_for_each_experiment_run():
    text = metafile([TABLE], RECORDS)
    models = yaml.safe_load(text)['Models']
    assert [model['Name'] for model in models] == ['a-plain', 'a-better']
    assert models[0]['Results'][0]['Metrics'] == {'Top 1 Error': 2.1}
    assert models[1]['Metadata']['Parameters'] == 399615


def test_a_number_that_is_no_accuracy_has_a_name_and_a_task_of_its_own():
    table = replace(
        TABLE, metric='tracking/iou', shown='mean IoU', task='Object Tracking'
    )
    records = {'a/plain': [record(**{'tracking/iou': 94.8})]}
    (model,) = yaml.safe_load(metafile([table], records))['Models']
    (result,) = model['Results']
    assert result['Task'] == 'Object Tracking'
    assert result['Metrics'] == {'Mean IoU': 94.8}
    line = result_line(table, ROWS[2], records['a/plain'])
    assert line == 'Result: a mean IoU of 94.80 %, seed 0, 60 epochs.'


def test_every_record_says_which_numbers_are_better():
    assert better('tracking/switched_2') == better('spread/st') == 'lower'
    assert better('tracking/iou') == better('accuracy/top1') == 'higher'
    for few in read_records(ROOT).values():
        for measured in sum((record.metrics for record in few), []):
            assert measured['direction'] == better(measured['name'])


def test_openmmlabs_own_reader_reads_the_model_index():
    load = pytest.importorskip('modelindex.load_model_index').load
    index = load(str(ROOT / 'model-index.yml'))
    index.build_models_with_collections()
    assert {model.config for model in index.models} == {
        few[0].config for few in read_records(ROOT).values()
    }


CURVE = [[6, 90.0], [60, 97.9]]


def test_minutes_grow_with_the_epochs_and_the_number_is_the_table_s():
    run = replace(record(), seconds=1200.0, curve=CURVE)
    minutes, errors = minutes_and_numbers(TABLE, run)
    assert minutes == pytest.approx([2, 20])
    assert errors == pytest.approx([10, 2.1])
    accuracies = minutes_and_numbers(replace(TABLE, shown='accuracy'), run)[1]
    assert accuracies == [90.0, 97.9]


def test_what_has_a_curve_is_drawn(tmp_path):
    chosen = [(TABLE, row) for row in ROWS]
    records = {'a/plain': [record()], 'a/better': [record('a/better')]}
    with pytest.raises(ValueError, match='no record of these .* has a curve'):
        plot_over_time(chosen, records, tmp_path / 'none.png')
    records['a/better'].append(replace(record('a/better'), curve=CURVE))
    plot_over_time(chosen, records, tmp_path / 'one.png')
    picture = cv2.imread(str(tmp_path / 'one.png'))
    blue = (picture == (180, 119, 31)).all(-1)  # the first line's
    assert blue.sum() > 100

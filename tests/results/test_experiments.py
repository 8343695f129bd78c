"""The list of experiments."""

from pathlib import Path

import pytest

from mmstn.results.experiments import read_tables, select

ROOT = Path(__file__).parents[2]
TABLES = read_tables(ROOT)
ROWS = [row for table in TABLES for row in table.experiments]


def names(*wanted):
    return [row.name for _, row in select(TABLES, wanted)]


def test_a_cell_a_table_a_family_of_tables_and_all_have_a_name():
    assert names('mnist/cnn_r') == ['mnist/cnn_r']
    assert names('mnist/tc') == [
        'mnist/fcn_tc',
        'mnist/cnn_tc',
        'mnist/st_fcn_aff_tc',
        'mnist/st_cnn_aff_tc',
    ]
    assert len(names('mnist')) == 36
    assert names('all') == [row.name for row in ROWS]


def test_what_is_named_twice_is_run_once_in_the_order_of_the_tables():
    chosen = names('mnist/tc', 'mnist/cnn_tc', 'mnist/fcn_r')
    assert chosen == ['mnist/fcn_r', *names('mnist/tc')]


def test_a_mistyped_name_is_answered_with_near_ones():
    with pytest.raises(ValueError, match='near it are.* mnist/st_cnn_aff_r'):
        names('mnist/st_cnn_af_r')


def test_every_experiment_has_a_config_and_a_name_of_its_own():
    assert all((ROOT / row.config).is_file() for row in ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    'folder',
    ['mnist', 'sequences', 'st_gan', 'sums', 'svhn', 'tracking', 'volumes'],
)
def test_every_config_of_a_folder_is_an_experiment(folder):
    listed = {row.config for row in ROWS}
    for path in (ROOT / 'configs' / folder).glob('*.py'):
        assert path.relative_to(ROOT).as_posix() in listed

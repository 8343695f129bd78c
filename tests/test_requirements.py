"""The requirements admit the versions that are tested."""

import ast
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def setup_arguments():
    """The literal arguments of setup.py."""
    call = ast.parse((ROOT / 'setup.py').read_text()).body[-1].value
    return {word.arg: word.value for word in call.keywords}


def requirements(node):
    """The requirements among the strings of a part of setup.py."""
    texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    asked = [Requirement(text) for text in texts if re.search('[<>=]', text)]
    return {requirement.name: requirement for requirement in asked}


@pytest.mark.parametrize('stack', ['openmmlab', 'onedl'])
def test_setup_admits_the_tested_set(stack):
    arguments = setup_arguments()
    extras = arguments['extras_require']
    names = [key.value for key in extras.keys]
    asked = requirements(arguments['install_requires'])
    asked |= requirements(extras.values[names.index(stack)])
    file = {'openmmlab': 'requirements.txt', 'onedl': 'requirements-onedl.txt'}
    for line in (ROOT / file[stack]).read_text().splitlines():
        name, _, version = line.partition('==')
        assert asked.pop(name).specifier.contains(version), line
    assert not asked, 'asked for, but not pinned'


def test_nothing_is_capped_but_the_frozen_releases():
    asked = requirements(setup_arguments()['install_requires'])
    operators = {s.operator for r in asked.values() for s in r.specifier}
    assert operators == {'>='}


def test_contributing_lists_every_environment_of_the_matrix():
    matrix = (ROOT / '.ci' / 'matrix').read_text()
    page = (ROOT / 'CONTRIBUTING.md').read_text()
    made = dict(re.findall(r'(\w+)\) arguments=\((3\.\d+)', matrix))
    listed = dict(re.findall(r'\n\| `(\w+)`.*? \| (3\.\d+) \|', page))
    assert listed == made

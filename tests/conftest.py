"""What tests in several folders need."""

from collections.abc import Callable
from pathlib import Path

import pytest

import mmstn  # noqa: F401  its mends come before any torchvision

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope='session')
def shared_data() -> Callable[[str], Path]:
    """A function from the name of a data set to its folder.

    Looks in ``data/`` of the checkout and in ``shared/data/`` beside it;
    skips the test if neither has it.
    """

    def find(name: str) -> Path:
        places = [ROOT / 'data' / name, ROOT.parent / 'shared/data' / name]
        for place in places:
            if place.is_dir():
                return place
        pytest.skip(f'needs {name}, in data/{name} of the checkout')

    return find


@pytest.fixture(scope='session')
def mnist_root(shared_data) -> Path:
    """The folder of the four files of MNIST."""
    return shared_data('mnist')

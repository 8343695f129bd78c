"""What tests in several folders need."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

import mmstn  # noqa: F401  its mends come before any torchvision

ROOT = Path(__file__).parents[1]

# Many small networks on few cores: threads would wait for each other.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def default_scope():
    """The scope every config sets, whatever a Runner left behind."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield


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

"""What tests in several folders need."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope

import mmstn  # noqa: F401  its mends come before any torchvision

ROOT = Path(__file__).parents[1]

# Many small networks on few cores: threads would wait for each other.
torch.set_num_threads(1)


def pytest_runtest_setup(item):
    if item.get_closest_marker('gpu') and not torch.cuda.is_available():
        pytest.skip('needs a GPU with CUDA')


@pytest.fixture(autouse=True)
def default_scope():
    """The scope every config sets, whatever a Runner left behind."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield


@pytest.fixture
def gloo(tmp_path):
    """A process group of one.

    It ends after the test: a model wrapped for it that goes after the group
    takes gloo's threads with it, which may wait for the GIL that it holds.
    """
    torch.distributed.init_process_group(
        'gloo', f'file://{tmp_path}/meet', rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


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


@pytest.fixture(scope='session')
def localiser_rates() -> Callable:
    """A function to the rates of the localisers' weights, and of the others.

    Takes a model and its optimizer. The others must have one rate.
    """

    def rates(model, optimizer) -> tuple[set[float], float]:
        rate = {
            p: g['lr'] for g in optimizer.param_groups for p in g['params']
        }
        rates = {True: set(), False: set()}
        for name, parameter in model.named_parameters():
            rates['.localisation.' in name].add(rate[parameter])
        (base,) = rates[False]
        return rates[True], base

    return rates


@pytest.fixture(scope='session')
def few_digits(tmp_path_factory) -> Path:
    """A folder as of MNIST, of twelve digits of noise with an empty border.

    Their labels are ``3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8``.
    """
    folder = tmp_path_factory.mktemp('mnist')
    labels = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], np.uint8)
    images = np.zeros((12, 28, 28), np.uint8)
    images[:, 4:24, 4:24] = np.random.default_rng(0).integers(
        256, size=(12, 20, 20)
    )
    for stem in ('train', 't10k'):
        for name, array in (('images', images), ('labels', labels)):
            header = bytes([0, 0, 8, array.ndim])
            header += np.array(array.shape, '>i4').tobytes()
            path = folder / f'{stem}-{name}-idx{array.ndim}-ubyte'
            path.write_bytes(header + array.tobytes())
    return folder

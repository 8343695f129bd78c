"""One scope and one thread for all tests of models."""

import pytest
import torch
from mmengine.registry import DefaultScope

# Many small networks on few cores: threads would wait for each other.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def default_scope():
    """The scope every config sets, whatever a Runner left behind."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield

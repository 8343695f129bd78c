"""What this torch can differentiate."""

import pytest
import torch
import torch.nn.functional as F


@pytest.fixture
def second_derivatives():
    """Skip the test where torch has no second derivative of a sample."""
    source = torch.ones(1, 1, 2, 2, requires_grad=True)
    output = F.grid_sample(
        source, torch.zeros(1, 1, 1, 2), align_corners=False
    )
    (first,) = torch.autograd.grad(output.sum(), source, create_graph=True)
    try:
        first.sum().backward()
    except RuntimeError as error:
        pytest.skip(str(error))

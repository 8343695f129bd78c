"""Parts of a model, given as configs or as modules."""

from mmpretrain.registry import MODELS as MMPRETRAIN_MODELS
from torch import nn


def build(part: dict | nn.Module) -> nn.Module:
    """Build a part from its config; a module is returned as it is."""
    if isinstance(part, nn.Module):
        return part
    return MMPRETRAIN_MODELS.build(part)

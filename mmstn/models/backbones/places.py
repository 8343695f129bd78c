"""Where in a backbone a transformer can stand."""

import copy
from difflib import get_close_matches
from functools import partial

import torch
from torch import Tensor, nn


def find_place(backbone: nn.Module, name: str) -> nn.Module:
    """Return the submodule called ``name``.

    Raises:
        ValueError: If there is none, or one that is never called.
    """
    modules = dict(backbone.named_modules())
    del modules['']
    if name not in modules:
        near = get_close_matches(str(name), modules, n=5, cutoff=0.3)
        raise ValueError(
            f'STNBackbone: before={name!r}, but {type(backbone).__name__} has '
            f'no such submodule; near names: {", ".join(near) or "none"}'
        )
    if isinstance(modules[name], (nn.ModuleList, nn.ModuleDict)):
        members = [
            f'{name}.{child}' for child, _ in modules[name].named_children()
        ]
        raise ValueError(
            f'STNBackbone: before={name!r} is a '
            f'{type(modules[name]).__name__}, which is never called; name one '
            f'of its members: {", ".join(members)}'
        )
    return modules[name]


def is_map(inputs: tuple) -> bool:
    """Whether a submodule's inputs are one ``(B, C, *size)``."""
    return (
        len(inputs) == 1
        and isinstance(inputs[0], Tensor)
        and inputs[0].ndim in (4, 5)
    )


def describe(inputs: tuple) -> str:
    """Return what a submodule received, in words."""
    if not inputs:
        return 'nothing by position'
    return ' and '.join(
        f'a tensor {tuple(value.shape)}'
        if isinstance(value, Tensor)
        else f'a {type(value).__name__}'
        for value in inputs
    )


@torch.no_grad()
def working_places(
    backbone: nn.Module, source: Tensor, near: str, most: int = 8
) -> list[str]:
    """Return names of submodules a transformer can stand before.

    Watches one forward pass of a copy.

    Args:
        backbone: Any backbone.
        source: ``(B, C, *size)``, which it can take.
        near: Names beginning with this come first, then the shortest paths.
        most: How many names to return.
    """
    backbone = copy.deepcopy(backbone)
    backbone.eval()  # in many backbones it returns None
    calls: dict[str, list[bool]] = {}

    def record(name, module, inputs):
        calls.setdefault(name, []).append(is_map(inputs))

    for name, module in backbone.named_modules():
        if name:
            module.register_forward_pre_hook(partial(record, name))
    backbone(source)
    names = [name for name, maps in calls.items() if maps == [True]]
    names.sort(key=lambda name: (not name.startswith(near), name.count('.')))
    return names[:most]

"""Find the submodules that a transformer can be inserted before."""

import copy
from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial
from os.path import commonprefix

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node

from mmstn.models.features import last_of


def find_submodule(backbone: nn.Module, name: str) -> nn.Module:
    """Return the submodule called ``name``.

    Raises:
        ValueError: If there is none, or one that is never called.
    """
    modules = dict(backbone.named_modules())
    del modules['']
    if name not in modules:
        places = probable_places(backbone)
        near = get_close_matches(str(name), places, n=5, cutoff=0.3)
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


def probable_places(backbone: nn.Module) -> list[str]:
    """Return the places that work for an image of common size.

    All submodules if the backbone takes no such image.
    """
    weights = [w for w in backbone.parameters() if w.ndim in (4, 5)]
    try:
        channels, sides = weights[0].shape[1], weights[0].ndim - 2
        image = weights[0].new_zeros(1, channels, *[32, 224, 224][-sides:])
        return working_places(backbone, image, near='', most=None)
    except Exception:  # it is the backbone that says what it takes
        return [name for name, _ in backbone.named_modules() if name]


def is_map(inputs: tuple) -> bool:
    """Return whether a submodule's inputs are one map.

    ``(B, C, H, W)`` or ``(B, C, D, H, W)``: a series would look like tokens.
    """
    return (
        len(inputs) == 1
        and isinstance(inputs[0], Tensor)
        and inputs[0].ndim in (4, 5)
    )


def describe(inputs: tuple) -> str:
    """Describe a submodule's inputs in words."""
    if not inputs:
        return 'nothing by position'
    return ' and '.join(
        f'a tensor {tuple(value.shape)}'
        if isinstance(value, Tensor)
        else f'a {type(value).__name__}'
        for value in inputs
    )


def working_places(
    backbone: nn.Module, source: Tensor, near: str, most: int | None = 8
) -> list[str]:
    """Return names of submodules a transformer can be inserted before.

    Each is called once on one map, which all paths from the source to the
    output go through. Found in one forward pass of a copy.

    Args:
        backbone: Any backbone.
        source: ``(B, C, *size)``, which it can take.
        near: Names that share most with this come first, then short ones.
        most: How many names to return; None for all.
    """
    backbone = copy.deepcopy(backbone)
    backbone.eval()  # in many backbones it returns None
    backbone.requires_grad_(False)  # the graph then starts at the source
    calls: dict[str, list[Node | None]] = {}

    def mark(name, module, inputs):
        marked = inputs[0].clone() if is_map(inputs) else None
        calls.setdefault(name, []).append(getattr(marked, 'grad_fn', None))
        return marked

    for name, module in backbone.named_modules():
        if name:
            module.register_forward_pre_hook(partial(mark, name))
    with torch.inference_mode(False), torch.enable_grad():
        source = traceable(source[:1].clone())
        features = backbone(source)
    names = [
        name
        for name, (node, *more) in calls.items()
        if node is not None
        and not more
        and not is_bypassed(node, source.grad_fn, features)
    ]
    parts = near.split('.')
    names.sort(
        key=lambda name: (
            -len(commonprefix([parts, name.split('.')])),
            name.count('.'),
        )
    )
    return names[:most]


def traceable(source: Tensor) -> Tensor:
    """Return the source with a ``grad_fn``, where a walk of the graph ends."""
    if not source.requires_grad:
        source = source.detach().requires_grad_()
    return source.clone()


def is_bypassed(node: Node, start: Node, features) -> bool:
    """Return whether the last feature depends on the source around a node.

    Walks the autograd graph from the features back to the source. In
    ``x + conv(transformer(x))`` the transformer is bypassed: it moves one
    summand, and the two no longer align.

    Args:
        node: ``grad_fn`` of what was inserted.
        start: ``grad_fn`` of the source.
        features: Output of a backbone, the last stage last.
    """
    last = tensors(last_of(features))
    seen, waiting = {node}, [output.grad_fn for output in last]
    while waiting:
        current = waiting.pop()
        if current is start:
            return True
        if current is not None and current not in seen:
            seen.add(current)
            waiting += [before for before, _ in current.next_functions]
    return False


def tensors(features) -> Iterator[Tensor]:
    """Yield every tensor of a nested list or tuple."""
    if isinstance(features, Tensor):
        yield features
    elif isinstance(features, (tuple, list)):
        for item in features:
            yield from tensors(item)


def run_and_find_bypassed(
    backbone: nn.Module, source: Tensor, inserted: dict[int, nn.Module]
) -> tuple[tuple[Tensor, ...], list[int]]:
    """Run a backbone, and find which transformers inside it are bypassed.

    One within activations that are recomputed in the backward pass is not
    seen.

    Args:
        backbone: The backbone, with the transformers inserted.
        source: ``(B, C, *size)``.
        inserted: The transformers inside, by their index.

    Returns:
        The features, and the indices of bypassed transformers.
    """
    nodes: dict[int, Node] = {}

    def note(index, module, inputs, output):
        if output.grad_fn is not None:
            nodes[index] = output.grad_fn

    handles = [
        transformer.register_forward_hook(partial(note, index))
        for index, transformer in inserted.items()
    ]
    try:
        source = traceable(source)
        start = source.grad_fn
        features = backbone(source)
    finally:
        for handle in handles:
            handle.remove()
    return features, [
        index
        for index, node in nodes.items()
        if is_bypassed(node, start, features)
    ]

"""Checkpoints of a bare network, loaded into the module that wraps it."""

from collections.abc import Sequence

from torch import nn


def move_bare_keys(
    wrapper: nn.Module,
    state_dict: dict,
    prefix: str,
    targets: Sequence[str],
    own: str,
) -> None:
    """Rename the keys of a bare network to where a wrapper holds it.

    ``backbone.conv1.weight`` becomes ``backbone.backbone.conv1.weight``. A
    checkpoint of the wrapper itself, which has a key of the first target, is
    left as it is.

    Args:
        wrapper: The module that loads.
        state_dict: The checkpoint, changed in place.
        prefix: Prefix of the keys that belong to the wrapper, such as
            ``'backbone.'``.
        targets: Names of the wrapper's submodules that are the network. Each
            gets the weights.
        own: Name of the wrapper's own submodule, whose keys are left.
    """
    keys = [key for key in state_dict if key.startswith(prefix)]
    network = wrapper.get_submodule(targets[0])
    wrapped = {f'{prefix}{targets[0]}.{name}' for name in network.state_dict()}
    if not wrapped.isdisjoint(keys):
        return
    for key in keys:
        name = key.removeprefix(prefix)
        if not name.startswith(f'{own}.'):
            value = state_dict.pop(key)
            for target in targets:
                state_dict[f'{prefix}{target}.{name}'] = value

"""Parts of a model, given as configs or as modules."""

from collections.abc import Callable

from mmpretrain.registry import MODELS as MMPRETRAIN_MODELS
from torch import nn

from mmstn.registry import MODELS, near_names


def build(part: dict | nn.Module) -> nn.Module:
    """Build a part from its config; a module is returned as it is.

    Raises:
        ValueError: If it is neither, or its type is missing or unknown.
    """
    if isinstance(part, nn.Module):
        return part
    if not isinstance(part, dict):
        raise ValueError(
            'a part of a model must be a module, or a config such as '
            f'dict(type=...), but got {part!r}'
        )
    find_type(part)
    return MMPRETRAIN_MODELS.build(part)


def find_type(part: dict) -> Callable:
    """Return what a config builds, a class as a rule.

    Raises:
        ValueError: If its type is missing or unknown.
    """
    kind = part.get('type')
    if kind is None:
        raise ValueError(
            f'a part of a model needs a type, but got {dict(part)}; add '
            "type='mmstn.X' of ours, or type='X' of MMPretrain"
        )
    if not isinstance(kind, str):
        return kind
    with MMPRETRAIN_MODELS.switch_scope_and_registry(None) as registry:
        found = registry.get(kind)
        if found is None:
            names = {name: name for name in registry.module_dict}
            names |= {name: f'mmstn.{name}' for name in MODELS.module_dict}
            raise ValueError(
                f'type={kind!r}: there is no such model; near names: '
                f'{near_names(kind, names)}'
            )
    return found

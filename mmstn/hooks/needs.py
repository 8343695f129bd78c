"""What a hook needs, said before training where it is not so."""

from torch import nn

from mmstn.hooks.glimpse import Transformer, find_transformers, unwrap


def need_transformers(hook: str, model: nn.Module) -> dict[str, Transformer]:
    """Return each transformer of a network, whatever wraps it, by its name.

    Raises:
        ValueError: If there is none.
    """
    model = unwrap(model)
    transformers = find_transformers(model)
    if not transformers:
        raise ValueError(
            f'{hook}: found no SpatialTransformer in the '
            f'{type(model).__name__}, so there is nothing to watch; put one '
            "into the model, such as backbone=dict(type='mmstn.STNBackbone', "
            '...), or take the hook out of custom_hooks'
        )
    return transformers


def check_count(hook: str, argument: str, value: object) -> None:
    """Raise a ValueError unless a hook's argument is a positive integer."""
    if type(value) is not int or value < 1:
        raise ValueError(
            f'{hook}: {argument} must be a whole number from 1 on, but got '
            f'{value!r}'
        )

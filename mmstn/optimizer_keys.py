"""Warn of keys of ``paramwise_cfg`` that match no parameter."""

import difflib
import functools
import logging
from collections.abc import Iterable

from mmengine.logging import print_log
from mmengine.optim import DefaultOptimWrapperConstructor


@functools.cache
def say_unmatched() -> None:
    """Let every optimizer warn of ``custom_keys`` that match no parameter.

    A key such as ``localization`` would leave all rates as they are, without
    a word. The constructors of MMPretrain inherit what is wrapped here.
    """
    construct = DefaultOptimWrapperConstructor.__call__

    @functools.wraps(construct)
    def __call__(self, model):
        names = [name for name, _ in model.named_parameters()]
        for key in self.paramwise_cfg.get('custom_keys') or {}:
            if not any(matches(key, name) for name in names):
                near = ', '.join(nearest(key, names))
                print_log(
                    f'paramwise_cfg.custom_keys: {key!r} matches no parameter '
                    'of the network and changes nothing'
                    + (f'; did you mean {near}?' if near else ''),
                    'current',
                    logging.WARNING,
                )
        return construct(self, model)

    DefaultOptimWrapperConstructor.__call__ = __call__


def matches(key: str, name: str) -> bool:
    """Return whether MMEngine applies a key to a parameter."""
    return key in (name if '.' in name else f'.{name}')


def nearest(key: str, names: Iterable[str]) -> list[str]:
    """Return up to three parts of parameter names spelt like a key."""
    length = key.strip('.').count('.') + 1
    parts = {
        '.'.join(words[first : first + length])
        for words in (name.split('.') for name in names)
        for first in range(len(words))
    }
    return difflib.get_close_matches(key.strip('.'), sorted(parts))

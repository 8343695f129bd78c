"""The public names of ``mmstn``, imported when they are first asked for.

They stand in ``__init__.pyi``, which type checkers read too: see PEP 562.
"""

import ast
import difflib
import importlib
import sys
from pathlib import Path

STUB = Path(__file__).with_name('__init__.pyi')
PUBLIC = {
    name.name: f'mmstn.{node.module}'
    for node in ast.parse(STUB.read_text()).body
    if isinstance(node, ast.ImportFrom)
    for name in node.names
}


def import_name(name: str) -> object:
    """Import a public name of ``mmstn``, and what it needs.

    Raises:
        AttributeError: If there is no such name.
        ImportError: If what it is imported from is broken.
    """
    if name not in PUBLIC:
        near = ', '.join(difflib.get_close_matches(name, PUBLIC))
        raise AttributeError(
            f"module 'mmstn' has no attribute {name!r}"
            + (f'; did you mean {near}?' if near else '')
        )
    try:
        return getattr(importlib.import_module(PUBLIC[name]), name)
    except AttributeError as error:  # `from mmstn import` would hide it
        raise ImportError(f'mmstn.{name}: {error}') from error


def list_names() -> list[str]:
    """Return the public names, and those already there."""
    return sorted({*PUBLIC, *vars(sys.modules['mmstn'])})

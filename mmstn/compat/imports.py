"""Mend a module at the moment it is imported, and import nothing for that."""

import functools
import sys
from collections.abc import Callable
from types import ModuleType


class ImportMend:
    """A finder that lets a mend execute one module.

    Args:
        name: The module's name, with its package's.
        execute: Called as ``execute(usual, module)`` in place of
            ``usual(module)``, which fills the empty module.
    """

    def __init__(self, name: str, execute: Callable):
        self.name = name
        self.execute = execute

    def find_spec(self, name, path=None, target=None):
        """Return the spec of the module, or None for every other."""
        if name != self.name:
            return None
        later = sys.meta_path[sys.meta_path.index(self) + 1 :]
        specs = (finder.find_spec(name, path, target) for finder in later)
        spec = next(filter(None, specs), None)
        if spec is None or spec.loader is None:
            return None
        usual = spec.loader.exec_module
        spec.loader.exec_module = functools.partial(self.execute, usual)
        return spec


def after_import(name: str, mend: Callable[[ModuleType], None]) -> None:
    """Call ``mend(module)`` now if it is imported, else when it is."""
    if name in sys.modules:
        mend(sys.modules[name])
        return

    def execute(usual, module):
        usual(module)
        mend(module)

    sys.meta_path.insert(0, ImportMend(name, execute))

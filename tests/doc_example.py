"""Run the example in a docstring."""

import doctest


def run_example(thing: object, name: str, **scope) -> None:
    """Run it with the names of ``scope``; there must be one."""
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(thing, name, globs=scope)
    assert example.examples
    doctest.DebugRunner().run(example)

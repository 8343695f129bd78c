"""What the reference shows of the source: docstrings as Markdown."""

import re

import griffe

DOCTEST = re.compile(r'(?:^>>> .*\n?(?:(?!>>> |\s*$).*\n?)*)+', re.M)
ROLE = re.compile(r':(?:func|class|meth|mod|data):`(~[\w.\s]*\.\s*)?([^`]+)`')


class Markdown(griffe.Extension):
    """Rewrite every docstring when it was read."""

    def on_instance(self, *, obj: griffe.Object, **kwargs) -> None:
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)

    def on_class_members(self, *, cls: griffe.Class, **kwargs) -> None:
        """Leave out the methods of hooks, which the runner calls."""
        if 'Hook' in map(str, cls.bases):
            for name in set(cls.members) - {'__init__'}:
                cls.del_member(name)


def as_markdown(text: str) -> str:
    """Return a docstring with fenced doctests, and plain names."""
    text = DOCTEST.sub(
        lambda found: f'```pycon\n{found[0].rstrip()}\n```\n', text
    )
    text = ROLE.sub(r'`\2`', text)
    return re.sub(r'::$', ':', text, flags=re.M).replace('\n:\n', '\n')

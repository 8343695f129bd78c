"""Which thread a pass is of: networks may predict in several at once."""

import threading

import torch

COMPILED = 0  # compiled code does not tell threads apart


def this_thread() -> int:
    """Return the number of this thread; ``COMPILED`` in compiled code."""
    if torch.compiler.is_compiling():
        return COMPILED
    return threading.get_ident()

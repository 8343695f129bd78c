"""Mends of the frozen OpenMMLab releases for today's stack.

One function per mend; its docstring says what breaks, where, and where that
is discussed. A mend goes when its upstream does: no other depends on it.
"""

import functools

from mmstn.compat import libraries, loading, packages


@functools.cache
def apply() -> None:
    """Apply every mend, once per process."""
    libraries.check_opencv()
    libraries.register_torchvision_ops()
    packages.find_packages_without_pkg_resources()
    packages.resolve_own_configs()
    loading.guard_checkpoints()
    loading.allow_training_state()
    loading.name_refused_checkpoints()
    loading.keep_config_text_unrun()

"""Mends of the frozen OpenMMLab releases for today's stack.

One function per mend; its docstring says what breaks, where, and where that
is discussed. A mend goes when its upstream does: no other depends on it.
"""

import functools

from mmstn.compat.stack import check_stack


@functools.cache
def apply() -> None:
    """Apply every mend, once per process."""
    check_stack()
    from mmstn.compat import libraries, loading, numerics, packages

    libraries.check_opencv()
    libraries.register_torchvision_ops()
    numerics.adjust_negative_hues()
    numerics.find_retrieved()
    packages.find_packages_without_pkg_resources()
    packages.resolve_own_configs()
    packages.load_own_weights()
    loading.guard_checkpoints()
    loading.allow_training_state()
    loading.name_refused_checkpoints()
    loading.keep_config_text_unrun()
    # Their part of MMEngine imports OpenCV.
    from mmstn.compat import midway, precision, resuming, saving

    saving.write_files_whole()
    saving.point_last()
    saving.delete_old_checkpoints_last()
    saving.sweep_at_start()
    resuming.resume_from_newest_readable()
    resuming.name_what_cannot_be_resumed()
    midway.go_on_inside_epochs()
    midway.resume_the_order()
    precision.train_in_bfloat16_on_a_cpu()

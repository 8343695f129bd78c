"""Find installed packages, and configs in them."""

import functools
import importlib.metadata
import importlib.util
import sys
from pathlib import Path

from mmengine.config import Config
from mmengine.config.utils import MODULE2PACKAGE

from mmstn.shipped import find_config, find_weights


def is_installed(package: str) -> bool:
    """Return whether a distribution or a module has this name."""
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        spec = importlib.util.find_spec(package)
        return spec is not None and spec.origin is not None
    return True


def get_installed_path(package: str) -> str:
    """Return the folder of a package, by module or distribution name."""
    modules = {name: module for module, name in MODULE2PACKAGE.items()}
    spec = importlib.util.find_spec(modules.get(package, package))
    if spec is None or spec.origin is None:
        raise importlib.metadata.PackageNotFoundError(package)
    return str(Path(spec.origin).parent)


def find_packages_without_pkg_resources() -> None:
    """Find installed packages without ``pkg_resources``.

    mmengine 0.10.7 imports it when a Runner starts and for `package::config`
    paths; setuptools 81 dropped it. The fork does the same as ours.
    See https://github.com/open-mmlab/mmengine/pull/1676.
    """
    if importlib.util.find_spec('pkg_resources') is not None:
        return
    for function in (is_installed, get_installed_path):
        name = function.__name__
        for module in list(sys.modules.values()):
            package = getattr(module, '__name__', '').partition('.')[0]
            if package == 'mmengine' and hasattr(module, name):
                setattr(module, name, function)


def resolve_own_configs() -> None:
    """Resolve ``_base_ = 'mmstn::...'`` to the configs in the package.

    MMEngine knows a fixed list of packages, wants a folder after ``::`` and a
    model index beside the configs, and marks what it reads with our scope, in
    which a plain ``ResNet`` is unknown. Ours read like a local base instead.
    """
    resolve = Config._get_cfg_path

    @functools.wraps(resolve)
    def _get_cfg_path(cfg_path, filename):
        if cfg_path.startswith('mmstn::'):
            return str(find_config(cfg_path)), None
        return resolve(cfg_path, filename)

    Config._get_cfg_path = staticmethod(_get_cfg_path)


def load_own_weights() -> None:
    """Load ``checkpoint='mmstn://colocalisation/encoder'`` from the package.

    The name is that of a config whose weights come with mmstn.
    """
    from mmengine.runner import CheckpointLoader

    @CheckpointLoader.register_scheme(prefixes='mmstn://', force=True)
    def load_from_package(filename: str, map_location=None) -> dict:
        config = find_config(filename.removeprefix('mmstn://'))
        path = str(find_weights(config))
        return CheckpointLoader.load_checkpoint(path, map_location)

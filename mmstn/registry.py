"""Child registries of MMEngine's root, scope ``mmstn``.

A config reaches everything below by ``type='mmstn.X'``, without
``custom_imports``. Nothing here may fail to import: MMEngine hides it.
"""

from difflib import get_close_matches

from mmengine.registry import DATA_SAMPLERS as MMENGINE_DATA_SAMPLERS
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import FUNCTIONS as MMENGINE_FUNCTIONS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import Registry


def near_names(name: str, known: dict[str, str]) -> str:
    """Return the names spelt nearly like one, as a text.

    Args:
        name: That is not known.
        known: How each known name is written in a config.
    """
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return ', '.join(known[name] for name in near) or 'none'


class NearNamesRegistry(Registry):
    """A registry that answers an unknown name with those near it."""

    def get(self, key: str) -> type:
        """Return what is registered by a name.

        Raises:
            ValueError: If nothing is.
        """
        found = super().get(key)
        if found is None:
            name = key.removeprefix('mmstn.')
            names = {known: f'mmstn.{known}' for known in self.module_dict}
            near = near_names(name, names)
            raise ValueError(
                f"type='mmstn.{name}': mmstn has no such {self.name}; near "
                f'names: {near}'
            )
        return found

    def __contains__(self, key: str) -> bool:
        return super().get(key) is not None


def _child(parent: Registry, location: str) -> NearNamesRegistry:
    return NearNamesRegistry(
        parent.name, parent=parent, scope='mmstn', locations=[location]
    )


MODELS = _child(MMENGINE_MODELS, 'mmstn.models')
DATASETS = _child(MMENGINE_DATASETS, 'mmstn.datasets')
TRANSFORMS = _child(MMENGINE_TRANSFORMS, 'mmstn.datasets')
DATA_SAMPLERS = _child(MMENGINE_DATA_SAMPLERS, 'mmstn.datasets')
FUNCTIONS = _child(MMENGINE_FUNCTIONS, 'mmstn.datasets')
HOOKS = _child(MMENGINE_HOOKS, 'mmstn.hooks')
METRICS = _child(MMENGINE_METRICS, 'mmstn.evaluation')

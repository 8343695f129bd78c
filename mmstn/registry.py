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
            near = get_close_matches(name, self.module_dict, n=3, cutoff=0.5)
            near = ', '.join(f'mmstn.{name}' for name in near) or 'none'
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

"""Child registries of MMEngine's root, scope ``mmstn``.

A config reaches everything below by ``type='mmstn.X'``, without
``custom_imports``. Nothing here may fail to import: MMEngine hides it.
"""

from mmengine.registry import DATA_SAMPLERS as MMENGINE_DATA_SAMPLERS
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import FUNCTIONS as MMENGINE_FUNCTIONS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import Registry


def _child(parent: Registry, location: str) -> Registry:
    return Registry(
        parent.name, parent=parent, scope='mmstn', locations=[location]
    )


MODELS = _child(MMENGINE_MODELS, 'mmstn.models')
DATASETS = _child(MMENGINE_DATASETS, 'mmstn.datasets')
TRANSFORMS = _child(MMENGINE_TRANSFORMS, 'mmstn.datasets')
DATA_SAMPLERS = _child(MMENGINE_DATA_SAMPLERS, 'mmstn.datasets')
FUNCTIONS = _child(MMENGINE_FUNCTIONS, 'mmstn.datasets')
HOOKS = _child(MMENGINE_HOOKS, 'mmstn.hooks')
METRICS = _child(MMENGINE_METRICS, 'mmstn.evaluation')

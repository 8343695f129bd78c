"""Figure 2 of Jaderberg et al. 2015, one file a part."""

from .depth_mean import DepthMean
from .grid import GridGenerator
from .localisation import Localisation
from .matrix_grid import (
    AffineGrid,
    AttentionGrid,
    ProjectiveGrid,
    SimilarityGrid,
    TranslationGrid,
)
from .parallel import ParallelSpatialTransformer
from .probabilistic import Posterior, ProbabilisticLocalisation
from .sampler import GridSampler
from .spatial_transformer import SpatialTransformer
from .tps_grid import TPSGrid

__all__ = [
    'AffineGrid',
    'AttentionGrid',
    'DepthMean',
    'GridGenerator',
    'GridSampler',
    'Localisation',
    'ParallelSpatialTransformer',
    'Posterior',
    'ProbabilisticLocalisation',
    'ProjectiveGrid',
    'SimilarityGrid',
    'SpatialTransformer',
    'TPSGrid',
    'TranslationGrid',
]

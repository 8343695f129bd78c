"""Figure 2 of Jaderberg et al. 2015, one file a part."""

from .depth_mean import DepthMean
from .grid import GridGenerator
from .iterative import IterativeSpatialTransformer
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
from .recurrent import RecurrentLocalisation
from .rows_as_series import RowsAsSeries
from .sampler import GridSampler
from .spatial_transformer import SpatialTransformer
from .tps_grid import TPSGrid

__all__ = [
    'AffineGrid',
    'AttentionGrid',
    'DepthMean',
    'GridGenerator',
    'GridSampler',
    'IterativeSpatialTransformer',
    'Localisation',
    'ParallelSpatialTransformer',
    'Posterior',
    'ProbabilisticLocalisation',
    'ProjectiveGrid',
    'RecurrentLocalisation',
    'RowsAsSeries',
    'SimilarityGrid',
    'SpatialTransformer',
    'TPSGrid',
    'TranslationGrid',
]

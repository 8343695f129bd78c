"""Figure 2 of Jaderberg et al. 2015, one file a part."""

from .depth_mean import DepthMean
from .grid import (
    AffineGrid,
    AttentionGrid,
    ProjectiveGrid,
    SimilarityGrid,
    TPSGrid,
    TranslationGrid,
)
from .localisation import Localisation
from .parallel import ParallelSpatialTransformer
from .sampler import GridSampler
from .spatial_transformer import SpatialTransformer

__all__ = [
    'AffineGrid',
    'AttentionGrid',
    'DepthMean',
    'GridSampler',
    'Localisation',
    'ParallelSpatialTransformer',
    'ProjectiveGrid',
    'SimilarityGrid',
    'SpatialTransformer',
    'TPSGrid',
    'TranslationGrid',
]

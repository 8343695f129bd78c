"""Pure functions of tensors: coordinates, maps, grids and sampling.

What makes a grid, and what samples at one; all else is imported from its
module, such as ``mmstn.geometry.lattice``.
"""

from .affine import affine_grid
from .projective import projective_grid
from .sampling import sample, sample_each
from .tps import tps_grid

__all__ = [
    'affine_grid',
    'projective_grid',
    'sample',
    'sample_each',
    'tps_grid',
]

"""A family and a transformer as someone outside the package writes them."""

import math

import torch

from mmstn.models.transformer import GridGenerator, SpatialTransformer
from mmstn.registry import MODELS


@MODELS.register_module()
class LogPolarGrid(GridGenerator):
    """Log radius along x, angle along y, about a free centre.

    theta is ``(B, 3)``: the log of the largest radius, and the centre.
    """

    DIMENSIONS = (2,)

    def window_theta(self, scale, centre):
        return (math.log(scale), *centre)

    def transform(self, theta, points):
        x, y = points.unbind(-1)
        radius = (theta[:, :1] + x - 1).exp()
        angle = torch.stack([(math.pi * y).cos(), (math.pi * y).sin()], -1)
        return radius.unsqueeze(-1) * angle + theta[:, None, 1:]


@MODELS.register_module()
class TwoSteps(SpatialTransformer):
    """Look, look again at what was seen, and read the source at once."""

    def locate(self, source):
        first = self.localisation(source)
        seen = self.sampler(source, self.grid, first)
        return self.grid.compose(first, self.localisation(seen))


FAMILIES = sorted(
    name
    for name, known in MODELS.module_dict.items()
    if isinstance(known, type) and issubclass(known, GridGenerator)
)

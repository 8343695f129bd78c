"""Pure functions of tensors: coordinates, maps, grids and sampling."""

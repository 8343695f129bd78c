"""Pure functions of tensors: where to look, and what is seen there."""

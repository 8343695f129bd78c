"""What the transformers of a network did in one forward pass."""

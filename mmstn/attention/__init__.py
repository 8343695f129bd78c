"""Record the regions that transformers read in one forward pass."""

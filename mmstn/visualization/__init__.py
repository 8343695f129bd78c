"""Pictures of the regions transformers read: NumPy and OpenCV only."""

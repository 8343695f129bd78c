"""Pictures of what a transformer attends to: NumPy and OpenCV only."""

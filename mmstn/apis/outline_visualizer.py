"""Draw the classes of an image, and the outlines of its regions."""

import numpy as np
from mmcv import imrescale
from mmpretrain.structures import DataSample
from mmpretrain.visualization import UniversalVisualizer

from mmstn.visualization import draw
from mmstn.visualization.image_sheet import outlines_of


class OutlineVisualizer(UniversalVisualizer):
    """Draw what MMPretrain's visualizer does, and outlines of regions."""

    def visualize_cls(
        self,
        image: np.ndarray,
        data_sample: DataSample,
        *args,
        resize: int | None = None,
        rescale_factor: float | None = None,
        draw_score: bool = True,
        **kwargs,
    ) -> np.ndarray:
        """Return the image with its classes and with outlines.

        Args:
            image: RGB or grey, ``(H, W[, C])`` in uint8.
            data_sample: With the field ``regions`` of ``STNInferencer``.
            *args: Of MMPretrain's ``UniversalVisualizer.visualize_cls``.
            resize: Length of the shorter side; it outranks the factor.
            rescale_factor: Of both sides.
            draw_score: Whether to draw scores; a sequence has none.
            **kwargs: As ``args``.
        """
        size = image.shape[:2]
        ratio = resize / min(size) if resize else rescale_factor
        if ratio:
            image = imrescale(image, ratio)
        # cv2 draws on contiguous memory
        shape = (*image.shape[:2], 3)
        image = np.broadcast_to(np.atleast_3d(image), shape).copy()
        for line, colour in outlines_of(data_sample.regions):
            line = draw.move_points(line, size, image)
            draw.draw_lines(image, [line], colour)
        return super().visualize_cls(
            image,
            data_sample,
            *args,
            draw_score=draw_score and data_sample.pred_score.ndim == 1,
            **kwargs,
        )

"""Send pictures to the backends of a run's visualizer."""

import logging
from pathlib import Path

import numpy as np
from mmengine.logging import print_log
from mmengine.visualization import LocalVisBackend, Visualizer

from mmstn.files import write_png


def show(
    visualizer: Visualizer, name: str, picture: np.ndarray, step: int
) -> None:
    """Send an RGB picture to every backend, ``(H, W, 3)`` in uint8.

    What MMEngine's local backend would write is written here, as OpenCV does
    not say where it could not. Training goes on without the picture.
    """
    for backend in visualizer._vis_backends.values():
        if type(backend) is not LocalVisBackend:
            backend.add_image(name, picture, step)
            continue
        _ = backend.experiment  # makes its folders known
        folder = Path(backend._img_save_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_png(folder / f'{name}_{step}.png', picture)
        except OSError as error:
            print_log(
                f'The picture {name} of step {step} is lost: {error}',
                'current',
                logging.WARNING,
            )

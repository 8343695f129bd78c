"""The handwritten digits that come with scikit-learn."""

import numpy as np
import torch

from mmstn.datasets.digits.mnist import DIGIT_SIDE
from mmstn.geometry.affine import affine_grid, attention_matrix
from mmstn.geometry.sampling import sample

NUM_TRAIN = 1297
INK_SIDE = 20


def load_sklearn_digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images, uint8 ``(N, 28, 28)``, and labels, int64 ``(N,)``.

    The 1,797 digits of 8x8 cells with values from 0 to 16 are enlarged to
    20x20 pixels by a cubic kernel and stand in the middle of 28x28, as those
    of MNIST do. In scikit-learn's order the first 1,297 are for training and
    the last 500 for testing; writers follow each other there, so most test
    digits are of people not seen in training.

    Args:
        split: ``'train'`` or ``'test'``.
    """
    from sklearn.datasets import load_digits

    bundle = load_digits()
    part = slice(NUM_TRAIN) if split == 'train' else slice(NUM_TRAIN, None)
    cells = torch.from_numpy(bundle.images[part]).float().unsqueeze(1)
    theta = cells.new_tensor([[DIGIT_SIDE / INK_SIDE, 0, 0]])
    grid = affine_grid(attention_matrix(theta), (DIGIT_SIDE, DIGIT_SIDE))
    images = sample(cells, grid.expand(len(cells), -1, -1, -1), 'cubic')
    images = (images * (255 / 16)).round_().clamp_(0, 255)
    labels = bundle.target[part].astype(np.int64)
    return images.squeeze(1).to(torch.uint8).numpy(), labels

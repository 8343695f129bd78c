"""The pipeline of a config, for images that are in none of its data sets."""

import copy

from mmengine.config import Config
from mmpretrain.datasets.transforms import LoadImageFromFile

from mmstn.datasets.pixel_map import transform_class
from mmstn.datasets.transforms import CornerNoise, PackDigits, Turn


def image_steps(cfg: Config) -> list[dict]:
    """Return the steps of a test pipeline behind that which loads a file.

    Noise that the experiment adds is left out: a ``Turn``, and of a
    ``CornerNoise`` all but its window.

    Raises:
        ValueError: If the config has no pipeline.
    """
    steps = []
    for step in with_test_set(cfg).test_dataloader.dataset.pipeline:
        kind = transform_class(step)
        if kind is CornerNoise:
            window = tuple(step['size'])[::-1]
            steps.append(dict(type='CenterCrop', crop_size=window))
        elif kind not in (LoadImageFromFile, Turn):
            steps.append(step)
    return steps


def takes_rgb(cfg: Config) -> bool:
    """Return whether a test pipeline begins with pictures in RGB.

    As those of MMPretrain's data sets without files, such as CIFAR.

    Raises:
        ValueError: If the config has no pipeline.
    """
    steps = with_test_set(cfg).test_dataloader.dataset.pipeline
    return {LoadImageFromFile, PackDigits}.isdisjoint(
        map(transform_class, steps)
    )


def with_test_set(cfg: Config) -> Config:
    """Return the config, with the validation set for a missing test set.

    Raises:
        ValueError: If neither has a pipeline.
    """
    for name in ('test_dataloader', 'val_dataloader'):
        loader = cfg.get(name) or {}
        if loader.get('dataset', {}).get('pipeline') is not None:
            cfg = copy.copy(cfg)
            cfg.test_dataloader = loader
            return cfg
    raise ValueError(
        'STNInferencer: the config has no pipeline to preprocess an image '
        'by; give it test_dataloader=dict(dataset=dict(pipeline=[...])), or '
        'a val_dataloader with one'
    )

"""Write a network as ONNX, with what its transformers say."""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmpretrain.registry import TRANSFORMS
from torch import Tensor, nn

from mmstn.apis.images import load
from mmstn.apis.pipeline import image_steps
from mmstn.attention.glimpse import PER_SIDE
from mmstn.attention.undisturbed import undisturbed
from mmstn.files import write_whole
from mmstn.geometry.outline import outline
from mmstn.models.features import last_of
from mmstn.models.transformer.find import (
    Reading,
    find_transformers,
    without_steps,
)

OPSET = 20  # the first that samples volumes
CHECKED = (1, 3)  # sizes of the batches that are compared
TOLERANCE = 1e-4  # of a difference, over the largest output
NEEDED = "pip install 'mmstn[export]'"


class Exported(nn.Module):
    """A network as it is exported: a tensor in, tensors out.

    Args:
        model: A classifier of MMPretrain, or any network of one tensor.
        preprocess: Whether its ``data_preprocessor`` is a part of it.
        theta: Whether it outputs the theta of each transformer.
        outlines: Whether it outputs the outline of each.
    """

    def __init__(
        self,
        model: nn.Module,
        preprocess: bool = True,
        theta: bool = False,
        outlines: bool = False,
    ):
        super().__init__()
        self.model = model
        self.preprocess = preprocess and hasattr(model, 'data_preprocessor')
        self.theta = theta
        self.outlines = outlines
        self.transformers = find_transformers(model)
        if (theta or outlines) and not self.transformers:
            raise ValueError(
                f'export: the {type(model).__name__} has no transformer, so '
                'there is no theta and no outline; leave both out'
            )

    def output_names(self) -> list[str]:
        """Return the names of the outputs, in order."""
        several = len(self.transformers) > 1
        marks = [f'_{n + 1}' * several for n in range(len(self.transformers))]
        names = ['logits']
        names += [f'theta{mark}' for mark in marks if self.theta]
        return names + [f'outline{mark}' for mark in marks if self.outlines]

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        if self.preprocess:
            images = self.model.data_preprocessor(dict(inputs=images))[
                'inputs'
            ]
        with readings_of(self.transformers) as readings:
            outputs = self.model(images)
        last = {reading.name: reading for reading in readings}
        shown = self.transformers if self.theta or self.outlines else ()
        if missing := set(shown) - set(last):
            raise ValueError(
                f'export: the network never calls {", ".join(missing)}, so it '
                'has no theta'
            )
        inorder = [last[name] for name in shown]
        thetas = [reading.theta for reading in inorder if self.theta]
        borders = [border(reading) for reading in inorder if self.outlines]
        return (last_of(outputs), *thetas, *borders)


@contextmanager
def readings_of(transformers: dict[str, nn.Module]) -> Iterator[list]:
    """Collect what each transformer reads meanwhile, the last step of it."""
    readings: list[Reading] = []

    def watch(name: str, transformer: nn.Module):
        def see(sampler, inputs, output) -> None:
            source, family, theta = inputs
            latest = Reading(name, transformer, family, theta, source)
            readings[:] = [*without_steps(readings, latest), latest]

        return transformer.sampler.register_forward_hook(see)

    handles = [watch(*item) for item in transformers.items()]
    try:
        yield readings
    finally:
        for handle in handles:
            handle.remove()


def border(reading: Reading) -> Tensor:
    """Return the outlines ``(B, [N,] K, 2)``, in pixels of the source."""
    size = tuple(reading.source.shape[2:])
    if len(size) == 3:
        raise ValueError(
            f'export: {reading.name} reads volumes, which have no outline; '
            'take theta instead'
        )

    def read(points: Tensor) -> Tensor:
        return reading.family.map_points(reading.thetas, points)

    per_side = 1 if reading.family.is_straight else PER_SIDE
    points = outline(read, size, per_side, reading.theta.float())
    return points.reshape(*reading.theta.shape[:-1], *points.shape[1:])


def export(
    model: nn.Module,
    shape: Sequence[int],
    path: str | Path,
    preprocess: bool = True,
    theta: bool = False,
    outlines: bool = False,
) -> dict[str, float]:
    """Write a network as ONNX, and compare it with torch before that.

    It has one input, ``images``, float32 ``(B, *shape)`` with any ``B``, and
    the outputs ``logits``, then ``theta`` and ``outline`` of each transformer
    where asked for: ``theta_1``, ``theta_2``, ... of several. An outline is
    ``(B, [N,] K, 2)``, ``(x, y)`` in pixels of what the transformer reads; the
    centre of the first pixel is 0. A probabilistic transformer looks where
    its mean says.

    >>> trunk = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 32))
    >>> look = mmstn.SpatialTransformer(trunk, mmstn.AffineGrid((14, 14)))
    >>> differences = export(look, (1, 28, 28), 'look.onnx', theta=True)
    >>> sorted(differences)
    ['logits', 'theta']

    Args:
        model: A classifier of MMPretrain, or any network of one tensor. It is
            left as it was.
        shape: Of one image, ``(C, *size)``.
        path: Of the file.
        preprocess: Whether ``images`` are from 0 to 255 as the pipeline makes
            them, BGR for photographs, or what comes of that in the network's
            ``data_preprocessor``.
        theta: Whether theta is an output.
        outlines: Whether outlines are, of pictures and series.

    Returns:
        The largest difference from torch of each output, over batches of 1
        and 3 random images.

    Raises:
        ImportError: If onnx, onnxscript or onnxruntime is missing.
        ValueError: If the network has no transformer whose theta is asked
            for, or takes no such images.
        RuntimeError: If an output differs; then no file is written.
    """
    try:
        import onnxruntime
        import onnxscript  # noqa: F401  torch asks for it, less plainly
    except ImportError as error:
        raise ImportError(f'export: {error}; {NEEDED}') from error
    exported = Exported(model, preprocess, theta, outlines)
    batch = torch.export.Dim('batch', min=1)
    names = exported.output_names()
    with (
        tempfile.TemporaryDirectory() as folder,
        undisturbed(exported),
        quiet(),
    ):
        images = random_images(2, shape, exported)
        try:
            exported(images)
        except TypeError as error:
            raise ValueError(
                f'export: the {type(model).__name__} cannot be called with '
                f'images alone: {error}; export a network of one tensor, such '
                'as a classifier'
            ) from error
        except (RuntimeError, ValueError) as error:
            raise ValueError(
                f'export: the {type(model).__name__} takes no images of '
                f'{tuple(images.shape)}: {error}; give the shape of its input'
            ) from error
        file = Path(folder) / 'network.onnx'
        torch.onnx.export(
            exported,
            (images,),
            file,
            input_names=['images'],
            output_names=names,
            opset_version=OPSET,
            dynamic_shapes={'images': {0: batch}},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        session = onnxruntime.InferenceSession(
            file, providers=['CPUExecutionProvider']
        )
        differences = dict.fromkeys(names, 0.0)
        for size in CHECKED:
            images = random_images(size, shape, exported)
            found = session.run(None, {'images': images.cpu().numpy()})
            for name, theirs, ours in zip(
                names, found, exported(images), strict=True
            ):
                difference = relative(theirs, ours.cpu().numpy())
                # unlike that of Python, NumPy's largest of a NaN is NaN
                differences[name] = float(
                    np.maximum(differences[name], difference)
                )
        if not all(value <= TOLERANCE for value in differences.values()):
            raise RuntimeError(
                'export: onnxruntime does not compute what torch does; the '
                f'largest differences are {differences}, so {path} was not '
                'written'
            )
        write_whole(Path(path), file.read_bytes())
    return differences


def shape_of_images(cfg: Config) -> tuple[int, ...]:
    """Return the shape of an image file behind a config's test pipeline.

    Raises:
        ValueError: If the config has no pipeline.
    """
    pipeline = Compose([TRANSFORMS.build(step) for step in image_steps(cfg)])
    blank = np.zeros((512, 512, 3), np.uint8)
    return tuple(pipeline(load(blank))['inputs'].shape)


def random_images(size: int, shape: Sequence[int], exported: Exported):
    """Return ``(size, *shape)``, from 0 to 255 before a preprocessor."""
    device = next(exported.parameters()).device
    generator = torch.Generator().manual_seed(size)
    images = torch.rand(size, *shape, generator=generator).to(device)
    return images * 255 if exported.preprocess else images


def relative(theirs: np.ndarray, ours: np.ndarray) -> float:
    """Return the largest difference, over the largest number beyond 1.

    NaN where one has a number and the other none, as behind a camera.
    """
    is_none = np.isnan(theirs) & np.isnan(ours)
    difference = np.where(is_none, 0, np.abs(theirs - ours)).max()
    return float(difference / max(1, np.where(is_none, 0, abs(ours)).max()))


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the exporter's reports on its own stages from the console."""
    loggers = [
        logging.getLogger(name) for name in ('torch.onnx', 'onnxscript')
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

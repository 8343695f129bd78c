"""Catch what each transformer of a network reads and hands on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from mmengine.model import is_model_wrapper
from torch import Tensor, nn

from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.outline import edges, outline
from mmstn.geometry.projective import OUTSIDE
from mmstn.hooks.paths import Path, Paths, memory
from mmstn.models.transformer import (
    ParallelSpatialTransformer,
    SpatialTransformer,
    TPSGrid,
)

Transformer = SpatialTransformer | ParallelSpatialTransformer

PER_SIDE = 64  # a straight side needs one, a curve or a horizon more


@dataclass(eq=False)
class Source:
    """What one or more transformers read.

    Args:
        name: Of the first transformer that reads it, or ``'input'``.
        values: ``(B, C, *size)``, a copy.
        is_picture: Whether it has the channels of the network's input.
        path: The glimpses whose outputs it was made from, the nearest first;
            none for the network's input and what only convolutions and the
            like made of it. None where what came by unlike paths was joined.
    """

    name: str
    values: Tensor
    is_picture: bool
    path: Path = ()

    @property
    def size(self) -> tuple[int, ...]:
        return tuple(self.values.shape[2:])


@dataclass(eq=False)
class Glimpse:
    """What one transformer did with a batch, as copies.

    Everything in pixels can be had in those of its source, or of the input of
    the network. A feature map is taken to span the frame of what its stage
    was fed, and what an earlier transformer handed on is placed where that
    one read it, sample by sample. Strides and padding shift a feature map
    against its stage's input by some pixels, which is not undone.

    Args:
        name: Of the transformer in the network.
        grid: The transformer's grid generator.
        source: What it read.
        input: What the network was given.
        theta: ``(B, P)``.
        output: What it handed on, ``(B, C, *out)``.
    """

    name: str
    grid: nn.Module
    source: Source
    input: Source
    theta: Tensor
    output: Tensor

    @property
    def reaches_input(self) -> bool:
        """Whether a place in the output is one place in the input."""
        path = self.source.path
        if path is None or len(self.input.size) != len(self.grid.size):
            return False
        return all(
            len(glimpse.theta) == len(self.theta)
            and len(glimpse.grid.size) == len(self.grid.size)
            for glimpse in path
        )

    def outline(self, on_input: bool = False) -> Tensor:
        """Return the border of what is read in pixels, of a picture.

        Shape ``(B, 4 * PER_SIDE, 2)``; NaN behind a projective camera.

        Args:
            on_input: In pixels of the network's input, which the transformer
                must reach, not of the source.
        """
        read, size = self.target(on_input)
        return outline(read, size, PER_SIDE, self.theta)

    def edges(self, on_input: bool = False) -> Tensor:
        """Return the edges of the box that is read in pixels, of a volume.

        Shape ``(B, 12, PER_SIDE + 1, 3)``.

        Args:
            on_input: As for :meth:`outline`.
        """
        read, size = self.target(on_input)
        points = edges(PER_SIDE, self.theta)  # (12, PER_SIDE + 1, 3)
        moved = read(points.flatten(0, 1)).unflatten(1, points.shape[:2])
        return to_pixels(moved, size)

    def control(self, on_input: bool = False) -> Tensor | None:
        """Return where control points read, ``(B, K, 2)`` in pixels.

        Args:
            on_input: As for :meth:`outline`.
        """
        if not isinstance(self.grid, TPSGrid):
            return None
        read, size = self.target(on_input)
        return to_pixels(read(self.grid.control.to(self.theta)), size)

    def target(self, on_input: bool) -> tuple[Callable, tuple[int, ...]]:
        """Return what moves points there, and the size to have pixels of."""
        if on_input:
            return self.read_input, self.input.size
        return self.read, self.source.size

    def read(self, points: Tensor) -> Tensor:
        """Return where points of the output read the source, ``(B, P, n)``.

        Args:
            points: ``(P, n)``, or for each sample its own, ``(B, P, n)``.
        """
        if points.ndim == 2:
            moved = self.grid.points(self.theta, points)
        else:
            pairs = zip(self.theta.split(1), points, strict=True)
            moved = torch.cat([self.grid.points(*pair) for pair in pairs])
        behind = (moved == OUTSIDE).all(-1, keepdim=True)
        return moved.masked_fill(behind, torch.nan)

    def read_input(self, points: Tensor) -> Tensor:
        """Return where points of the output read the network's input.

        Args:
            points: As for :meth:`read`.
        """
        if not self.reaches_input:
            raise ValueError(
                f'{self.name}: what it reads was joined from several '
                'transformers, or is flatter than the input, so it has no one '
                'place there; look at reaches_input first'
            )
        for glimpse in (self, *self.source.path):
            points = glimpse.read(points)
        return points


class Record:
    """What transformers do in one forward pass.

    Args:
        picture: The input of the network, ``(B, C, *size)``.
        paths: What watches the operations of the pass.
    """

    def __init__(self, picture: Tensor, paths: Paths):
        self.glimpses = []
        self.input = Source('input', picture.clone(), True)
        # originals, to recognise; held, so that none is replaced by another
        self.sources = [(picture, self.input)]
        self.pictures = {memory(picture)}
        self.theta = {}
        self.paths = paths

    def localised(self, name: str, module, inputs, theta: Tensor) -> None:
        self.theta[name] = theta.detach().float()

    def handed_on(self, name: str, module, inputs, output: Tensor) -> None:
        source = self.source(name, inputs[0])
        if source.is_picture:
            self.pictures.add(memory(output))
        several = isinstance(module, ParallelSpatialTransformer)
        number = module.num_transformers if several else 1
        parts = zip(
            self.theta.pop(name).chunk(number, 1),
            output.detach().clone().chunk(number, 1),
            strict=True,
        )
        glimpses = [
            Glimpse(
                f'{name} {index}' if several else name,
                module.grid,
                source,
                self.input,
                theta,
                copy,
            )
            for index, (theta, copy) in enumerate(parts, 1)
        ]
        self.glimpses += glimpses
        before = source.path
        self.paths.start(
            output,
            [None if before is None else (g, *before) for g in glimpses],
        )

    def source(self, name: str, tensor: Tensor) -> Source:
        for original, source in self.sources:
            if original is tensor:
                return source
        channels = self.input.values.shape[1]
        is_picture = (
            memory(tensor) in self.pictures and tensor.shape[1] == channels
        )
        path = self.paths.of(tensor)
        source = Source(name, tensor.detach().clone(), is_picture, path)
        self.sources.append((tensor, source))
        return source


@contextmanager
def watch(
    transformers: dict[str, Transformer], picture: Tensor
) -> Iterator[Record]:
    """Record what ``transformers`` do until left."""
    with Paths() as paths, ExitStack() as handles:
        record = Record(picture, paths)
        for name, transformer in transformers.items():
            for module, note in (
                (transformer.localisation, record.localised),
                (transformer, record.handed_on),
            ):
                handle = module.register_forward_hook(partial(note, name))
                handles.callback(handle.remove)
        yield record


def find_transformers(model: nn.Module) -> dict[str, Transformer]:
    """Return each transformer of a network by its name."""
    return {
        name.replace('_orig_mod.', ''): module
        for name, module in model.named_modules()
        if isinstance(module, Transformer)
    }


def unwrap(model: nn.Module) -> nn.Module:
    """Return the network inside DDP and ``torch.compile``."""
    while True:
        if is_model_wrapper(model):
            model = model.module
        elif hasattr(model, '_orig_mod'):
            model = model._orig_mod
        else:
            return model

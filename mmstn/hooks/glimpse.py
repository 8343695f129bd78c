"""Catch what each transformer of a network reads and hands on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from mmengine.model import is_model_wrapper
from torch import Tensor, nn

from mmstn.geometry.lattice import to_pixels
from mmstn.geometry.outline import outline
from mmstn.geometry.projective import OUTSIDE
from mmstn.models.transformer import (
    ParallelSpatialTransformer,
    SpatialTransformer,
    TPSGrid,
)

Transformer = SpatialTransformer | ParallelSpatialTransformer

PER_SIDE = 64  # a straight side needs one, a curve or a horizon more


@dataclass
class Source:
    """What one or more transformers read.

    Args:
        name: Of the first transformer that reads it, or ``'input'``.
        values: ``(B, C, H, W)``, a copy.
        is_picture: Whether it has the channels of the network's input.
    """

    name: str
    values: Tensor
    is_picture: bool


@dataclass
class Glimpse:
    """What one transformer did with a batch, as copies.

    Args:
        name: Of the transformer in the network.
        grid: The transformer's grid generator.
        source: What it read.
        theta: ``(B, P)``.
        output: What it handed on, ``(B, C, H, W)``.
    """

    name: str
    grid: nn.Module
    source: Source
    theta: Tensor
    output: Tensor

    @property
    def size(self) -> tuple[int, int]:
        return tuple(self.source.values.shape[2:])

    def outline(self) -> Tensor:
        """Return the border of what is read in pixels of the source.

        Shape ``(B, 4 * PER_SIDE, 2)``; NaN behind a projective camera.
        """
        return outline(self.read, self.size, PER_SIDE, self.theta)

    def read(self, points: Tensor) -> Tensor:
        moved = self.grid.points(self.theta, points)  # (B, P, 2)
        behind = (moved == OUTSIDE).all(-1, keepdim=True)
        return moved.masked_fill(behind, torch.nan)

    def control(self) -> Tensor | None:
        """Return where control points read, ``(B, K, 2)`` in pixels."""
        if not isinstance(self.grid, TPSGrid):
            return None
        return to_pixels(self.theta.unflatten(1, (-1, 2)), self.size)


class Record:
    """What transformers do in one forward pass.

    Args:
        picture: The input of the network, ``(B, C, H, W)``.
    """

    def __init__(self, picture: Tensor):
        self.glimpses = []
        self.theta = {}
        self.pictures = [picture]
        # originals, to recognise; held, so that none is replaced by another
        self.sources = [(picture, Source('input', picture.clone(), True))]

    def localised(self, name: str, module, inputs, theta: Tensor) -> None:
        self.theta[name] = theta.detach().float()

    def handed_on(self, name: str, module, inputs, output: Tensor) -> None:
        source = self.source(name, inputs[0])
        several = isinstance(module, ParallelSpatialTransformer)
        if source.is_picture and not several:
            self.pictures.append(output)
        thetas, outputs = self.theta.pop(name), output.detach().clone()
        number = module.number if several else 1
        parts = zip(
            thetas.chunk(number, 1), outputs.chunk(number, 1), strict=True
        )
        for index, (theta, copy) in enumerate(parts, 1):
            label = f'{name} {index}' if several else name
            self.glimpses.append(
                Glimpse(label, module.grid, source, theta, copy)
            )

    def source(self, name: str, tensor: Tensor) -> Source:
        for original, source in self.sources:
            if original is tensor:
                return source
        is_picture = any(picture is tensor for picture in self.pictures)
        source = Source(name, tensor.detach().clone(), is_picture)
        self.sources.append((tensor, source))
        return source


@contextmanager
def watch(
    transformers: dict[str, Transformer], picture: Tensor
) -> Iterator[Record]:
    """Record what ``transformers`` do until left."""
    record = Record(picture)
    with ExitStack() as handles:
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

"""Record what the transformers of a network do in one forward pass."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from torch import Tensor, nn

from mmstn.attention.glimpse import Glimpse, Source
from mmstn.attention.provenance import Provenance, memory
from mmstn.models.transformer import GridGenerator, SpatialTransformer
from mmstn.models.transformer.probabilistic import is_drawing, some_draws


class Record:
    """The glimpses of one forward pass.

    Args:
        transformers: By their names.
        picture: The input of the network, ``(B, C, *size)``.
        provenance: Tracks the operations of the pass.
    """

    def __init__(
        self,
        transformers: dict[str, SpatialTransformer],
        picture: Tensor,
        provenance: Provenance,
    ):
        self.transformers = transformers
        self.input = Source('input', picture.clone(), True)
        # originals, to recognise; held, so that none is replaced by another
        self.sources = [(picture, self.input)]
        self.pictures = {memory(picture)}
        self.provenance = provenance
        self.readings = {}

    @property
    def glimpses(self) -> list[Glimpse]:
        """The glimpse of each transformer, N of N parallel ones."""
        return [glimpse for few in self.readings.values() for glimpse in few]

    def check_samples(self) -> None:
        """Raise a ValueError if a transformer reads more or less than them."""
        count = len(self.input.values)
        for glimpse in self.glimpses:
            if len(glimpse.theta) != count:
                raise ValueError(
                    f'{glimpse.name}: it reads {len(glimpse.theta)} sources '
                    f'of {count} samples, so no region belongs to a sample; '
                    'of several views of each, use a '
                    'mmstn.ParallelSpatialTransformer'
                )

    def on_output(
        self,
        name: str,
        sampler: nn.Module,
        inputs: tuple[Tensor, GridGenerator, Tensor],
        output: Tensor,
    ) -> None:
        """Record one call of a transformer's sampler; a forward hook.

        An earlier call on the same source was a step towards this one. Draws
        of theta are passed over: the pass by its mean comes last.
        """
        if any(map(is_drawing, self.transformers.values())):
            return
        original, family, theta = inputs
        source = self.source(name, original)
        if source.is_picture:
            self.pictures.add(memory(output))
        thetas = theta.detach().float()
        drawn = some_draws(self.transformers[name], thetas)
        several = theta.ndim == 3
        parts = thetas.unbind(1) if several else [thetas]
        draws = [drawn] * len(parts)
        if several and drawn is not None:
            draws = drawn.unbind(1)
        copies = output.detach().clone().chunk(len(parts), 1)
        names = [name]
        if several:
            names = [f'{name} {index + 1}' for index in range(len(parts))]
        glimpses = [
            Glimpse(label, family, source, self.input, *part)
            for label, *part in zip(names, parts, copies, draws, strict=True)
        ]
        self.readings[name, id(source)] = glimpses
        before = source.lineage
        self.provenance.start(
            output,
            [None if before is None else (g, *before) for g in glimpses],
        )

    def source(self, name: str, tensor: Tensor) -> Source:
        """Return the source of a tensor, the same one for the same tensor."""
        for original, source in self.sources:
            if original is tensor:
                return source
        channels = self.input.values.shape[1]
        is_picture = (
            memory(tensor) in self.pictures and tensor.shape[1] == channels
        )
        lineage = self.provenance.of(tensor)
        source = Source(name, tensor.detach().clone(), is_picture, lineage)
        self.sources.append((tensor, source))
        return source


@contextmanager
def record_attention(
    transformers: dict[str, SpatialTransformer], picture: Tensor
) -> Iterator[Record]:
    """While active, record source, theta and output of each transformer.

    Args:
        transformers: By their names, as ``find_transformers`` gives them.
        picture: The input of the network, ``(B, C, *size)``.
    """
    with Provenance() as provenance, ExitStack() as handles:
        record = Record(transformers, picture, provenance)
        for name, transformer in transformers.items():
            handle = transformer.sampler.register_forward_hook(
                partial(record.on_output, name)
            )
            handles.callback(handle.remove)
        yield record

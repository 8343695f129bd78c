"""Find the transformers of a network, and record what each sampled."""

from typing import Any, NamedTuple

from mmengine.model import is_model_wrapper
from torch import Tensor, nn

from mmstn.models.transformer.grid import GridGenerator
from mmstn.models.transformer.spatial_transformer import SpatialTransformer


class Reading(NamedTuple):
    """One sampling of a source by a transformer, with its gradient.

    Args:
        name: The name of the transformer in the network.
        transformer: The transformer.
        family: The grid generator that ``theta`` belongs to.
        theta: ``(B, P)``, or ``(B, N, P)`` of N parallel transformers.
        source: ``(B, C, *size)``.
        posterior: The localiser's ``posterior``, or None.
    """

    name: str
    transformer: SpatialTransformer
    family: GridGenerator
    theta: Tensor
    source: Tensor
    posterior: object = None

    @property
    def thetas(self) -> Tensor:
        """All thetas in rows, ``(B * N, P)``."""
        return self.theta.reshape(-1, self.theta.shape[-1])


def without_steps(readings: list[Reading], latest: Reading) -> list[Reading]:
    """Return the readings without the earlier steps of ``latest``.

    The last of several by one transformer of one source counts: a transformer
    of several steps reads by the composed theta each time.
    """
    return [
        reading
        for reading in readings
        if reading.name != latest.name or reading.source is not latest.source
    ]


def find_transformers(model: nn.Module) -> dict[str, SpatialTransformer]:
    """Return each transformer of a network by its name.

    Raises:
        ValueError: If two share a sampler, by which each is watched.
    """
    found = {
        name.replace('_orig_mod.', ''): module
        for name, module in model.named_modules()
        if isinstance(module, SpatialTransformer)
    }
    owners: dict[nn.Module, str] = {}
    for name, transformer in found.items():
        owner = owners.setdefault(transformer.sampler, name)
        if owner != name:
            raise ValueError(
                f'{type(transformer).__name__}: {owner} and {name} share one '
                'sampler, so that what either reads cannot be told apart; '
                'give each a sampler of its own'
            )
    return found


def require_transformers(
    owner: str,
    model: nn.Module,
    otherwise: str = 'take the hook out of custom_hooks',
) -> dict[str, SpatialTransformer]:
    """Return each transformer of a network, whatever wraps it, by its name.

    Args:
        owner: The class that needs one.
        model: The network.
        otherwise: What a user of a network without can do instead.

    Raises:
        ValueError: If there is none.
    """
    model = unwrap(model)
    transformers = find_transformers(model)
    if not transformers:
        raise ValueError(
            f'{owner}: found no SpatialTransformer in the '
            f'{type(model).__name__}, so there is nothing to watch; put one '
            "into the model, such as backbone=dict(type='mmstn.STNBackbone', "
            f'...), or {otherwise}'
        )
    return transformers


def check_not_parallel(owner: str, transformer: SpatialTransformer) -> None:
    """Raise a ValueError if a transformer reads several regions."""
    count = getattr(transformer, 'num_transformers', None)
    if count is not None:
        raise ValueError(
            f'{owner}: transformer reads {count} regions of each image, but '
            'one is followed; use a mmstn.SpatialTransformer'
        )


def unwrap(model: nn.Module) -> nn.Module:
    """Return the network inside DDP and ``torch.compile``."""
    inner: Any = model
    while True:
        if is_model_wrapper(inner):
            inner = inner.module
        elif hasattr(inner, '_orig_mod'):
            inner = inner._orig_mod
        else:
            return inner

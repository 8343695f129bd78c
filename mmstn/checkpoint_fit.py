"""Check that the weights of a checkpoint fit a network."""

from collections.abc import Mapping
from pathlib import Path

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import CheckpointLoader, Runner, find_latest_checkpoint
from torch import Tensor, nn

FIRST = 5  # differences of a kind that are named


class Fit:
    """Load a checkpoint into a network, and list the weights that do not fit.

    Builds on what modules do with foreign names and shapes when they load, so
    the network has loaded what fits, of a checkpoint that is refused too.

    Args:
        model: The network, maybe inside a wrapper.
        state: A state dict, maybe of a model inside a wrapper.
    """

    def __init__(self, model: nn.Module, state: Mapping[str, Tensor]):
        self.missing, self.unexpected, self.errors = [], [], []
        self.model = model.module if is_model_wrapper(model) else model
        self.metadata = getattr(state, '_metadata', None) or {}
        self.load(
            self.model,
            {name.removeprefix('module.'): state[name] for name in state},
            '',
        )
        self.missing = without_counters(self.missing)

    def load(self, module: nn.Module, state: dict, prefix: str) -> None:
        """Load ``module`` and what is in it; collect what does not fit."""
        module._load_from_state_dict(
            state,
            prefix,
            self.metadata.get(prefix[:-1], {}),
            True,
            self.missing,
            self.unexpected,
            self.errors,
        )
        for name, child in module.named_children():
            inside = f'{prefix}{name}.'
            values = {k: state[k] for k in state if k.startswith(inside)}
            self.load(child, values, inside)

    @property
    def is_whole(self) -> bool:
        """True if nothing is missing, left over or of another shape."""
        return not (self.missing or self.unexpected or self.errors)

    @property
    def is_empty(self) -> bool:
        """True if no weight of the network came from the checkpoint."""
        names = without_counters(self.model.state_dict())
        return len(names) <= len(self.missing) + len(self.errors)

    def __str__(self) -> str:
        kinds = {'missing': self.missing, 'unexpected': self.unexpected}
        lines = [
            f'{kind}: {", ".join(names[:FIRST])} ({len(names)} in all)'
            for kind, names in kinds.items()
            if names
        ]
        return '; '.join([*lines, *self.errors[:FIRST]])


def without_counters(names) -> list[str]:
    """Return the names without batch counters, which old files lack."""
    return [name for name in names if 'num_batches_tracked' not in name]


def state_of(checkpoint: Mapping) -> Mapping[str, Tensor]:
    """Return the state dict in a checkpoint, or the checkpoint if bare."""
    state = checkpoint
    if isinstance(checkpoint, Mapping):
        state = checkpoint.get('state_dict', checkpoint)
    return state if isinstance(state, Mapping) else {}


def check_whole(model: nn.Module, checkpoint: Mapping, path: str) -> None:
    """Raise a ValueError unless a checkpoint fits a network exactly.

    Args:
        model: The network; what fits is loaded into it even so.
        checkpoint: What was loaded.
        path: Where from, to name it and the configs that lie beside it.
    """
    fit = Fit(model, state_of(checkpoint))
    if not fit.is_whole:
        raise ValueError(
            f'{path} does not fit the {type(fit.model).__name__} that the '
            f'config describes; {fit}. Name the config that it was trained '
            f'with{configs_beside(path)}.'
        )


def configs_beside(path: str) -> str:
    """Return the end of a sentence that names configs beside a checkpoint."""
    configs = sorted(Path(path).parent.glob('*.py'))
    return f': {" or ".join(map(str, configs))}' if configs else ''


def load_whole(model: nn.Module, path: str) -> None:
    """Load a checkpoint that fits exactly, or raise a ValueError."""
    checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu')
    check_whole(model, checkpoint, path)


class CheckpointFitHook(Hook):
    """Refuse checkpoints that do not fit the network, before they are used.

    A ValueError names what differs. A test and a resumed training need every
    weight, and none more; a training that starts with ``load_from`` needs
    some, such as those of a bare backbone.

    Args:
        is_test: Whether the run is a test.
    """

    # Before EMAHook, which swaps two states of the same names and shapes.
    priority = 'ABOVE_NORMAL'

    def __init__(self, is_test: bool = False):
        self.is_test = is_test

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        path = runner._load_from
        if path is None:  # FlexibleRunner goes where the pointer does
            path = find_latest_checkpoint(runner.work_dir)
        if self.is_test or runner._resume:
            check_whole(runner.model, checkpoint, path)
        elif (fit := Fit(runner.model, state_of(checkpoint))).is_empty:
            raise ValueError(
                f'load_from={path!r} has not one weight of the '
                f'{type(fit.model).__name__} that the config describes, '
                f'which would start untrained; {fit}'
            )

"""Log statistics of theta, and warn when a transformer collapses."""

import logging
from functools import partial
from os.path import commonprefix

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner
from torch import Tensor, nn

from mmstn.attention.statistics import (
    PERIOD,
    collapse_warnings,
    mean_and_deviation,
    share_outside,
)
from mmstn.checks import check_count
from mmstn.hooks.lost_run import save, state_of
from mmstn.models.transformer import GridGenerator
from mmstn.models.transformer.find import (
    Reading,
    require_transformers,
    without_steps,
)
from mmstn.optimizer_state import optimizers
from mmstn.registry import HOOKS

LOWER = (
    'lower the learning rate of the localiser, such as optim_wrapper=dict('
    "paramwise_cfg=dict(custom_keys={'localisation': dict(lr_mult=0.1)}))"
)
# A checkpoint carries its own rates, which outrank those of the config.
GO_ON = (
    'To go on from a good one, resume it by --resume PATH with bounded steps, '
    'optim_wrapper.clip_grad=dict(max_norm=1.0). A rate changed in the config '
    'does not reach a resumed run: start anew, by load_from=PATH, to'
)


@HOOKS.register_module()
class ThetaMonitorHook(Hook):
    """Log statistics of theta, and warn when a transformer collapses.

    ::

        custom_hooks = [dict(type='mmstn.ThetaMonitorHook')]

    Logs for each transformer mean and standard deviation
    (``_std``) over the batch of the numbers its family describes theta by
    (``GridGenerator.describe``); ``outside``, the share of its cells that read
    outside the source; and ``grad``, the norm of the gradient of its
    localiser, beside ``grad_rest``, the norm for all other weights. The
    names begin with ``theta/``; where there are several transformers, what
    tells theirs apart follows, and the number of one among parallel ones.
    Gradients are those the optimizer steps with: accumulated, clipped, not
    scaled. The console shows the first number of the family, mostly the
    scale, and ``outside``; the others go to the backends of the visualizer
    alone.

    Warns once when a transformer gives every sample the same theta (other
    than its start), reads less than a pixel, reads nothing but the outside,
    or mirrors its source; and once more if it recovers in between.

    Stops the run with a FloatingPointError before a theta that is not finite,
    or such a gradient of a localiser, spoils the weights, and saves a
    checkpoint.

    The thetas are those of the training batches, as they go by; of several
    processes, those of the first. Training is the same to the bit with and
    without this hook.

    Args:
        interval: Training iterations from one look to the next. Whether
            theta is finite is looked at in each.
    """

    def __init__(self, interval: int = 10):
        check_count('ThetaMonitorHook', 'interval', interval)
        self.interval = interval
        self.readings = []
        self.gradients = {}
        self.warned = set()
        self.is_checked = False
        self.handles = []

    def before_run(self, runner: Runner) -> None:
        """Raise a ValueError if the network has no transformer."""
        self.transformers = require_transformers(
            'ThetaMonitorHook', runner.model
        )
        names = [name.split('.') for name in self.transformers]
        shared = len(commonprefix(names))
        self.short = {
            '.'.join(name): '.'.join(name[shared:]) for name in names
        }

    def before_train(self, runner: Runner) -> None:
        # before the first call: torch.compile would never see them later
        before_step = partial(self.before_step, runner)
        self.handles = [
            optimizer.register_step_pre_hook(before_step)
            for optimizer in optimizers(runner.optim_wrapper)
        ]
        for name, transformer in self.transformers.items():
            see = partial(self.see, name, transformer)
            handle = transformer.sampler.register_forward_hook(see)
            self.handles.append(handle)

    def after_train(self, runner: Runner) -> None:
        for handle in self.handles:
            handle.remove()

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        self.readings = []
        self.is_checked = False

    def see(
        self, name: str, transformer: nn.Module, sampler, inputs, output
    ) -> None:
        """Keep the theta of one call of a sampler; a forward hook."""
        if sampler.training:
            source, family, theta = inputs
            reading = Reading(
                name, transformer, family, theta.detach(), source
            )
            self.readings = without_steps(self.readings, reading)
            self.readings.append(reading)

    @torch.compiler.disable
    def before_step(self, runner: Runner, optimizer, args, kwargs) -> None:
        """Look at gradients; a hook of the optimizer."""
        rest = {
            parameter: parameter.grad
            for group in optimizer.param_groups
            for parameter in group['params']
            if parameter.grad is not None
        }
        gradients = {}
        for name, transformer in self.transformers.items():
            own = transformer.localisation.parameters()
            own = [rest.pop(p) for p in own if p in rest]
            if own:
                gradients[name] = torch.nn.utils.get_total_norm(own)
        # a fused optimizer under AMP skips such a step by itself
        skips = hasattr(optimizer, 'found_inf')
        self.stop_unless_finite(runner, {} if skips else gradients)
        if gradients:
            gradients['rest'] = torch.nn.utils.get_total_norm(rest.values())
            scale = getattr(optimizer, 'grad_scale', None)  # not yet undone
            self.gradients = {
                name: norm if scale is None else norm / scale
                for name, norm in gradients.items()
            }

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        if not self.is_checked:  # no step: accumulates, or AMP skipped it
            self.stop_unless_finite(runner, {})
        if self.every_n_train_iters(runner, self.interval):
            self.look(runner)
        self.readings = []  # they hold their sources

    def stop_unless_finite(
        self, runner: Runner, gradients: dict[str, Tensor]
    ) -> None:
        """Save a checkpoint and raise if any theta is not finite.

        Args:
            runner: Of the training.
            gradients: Norms of the gradients of localisers, looked at too.

        Raises:
            FloatingPointError: In every process, if it is so in one.
        """
        self.is_checked = True
        found = {
            f'{what} {name}': value
            for what, values in (
                ('theta of', self.thetas()),
                ('the gradient of the localiser of', gradients),
            )
            for name, value in values.items()
        }
        if not found:
            return
        is_lost = [~value.isfinite().all() for value in found.values()]
        is_lost = torch.stack(is_lost).float()
        all_reduce(is_lost, 'max')
        if is_lost.any():
            lost = [
                name
                for name, is_it in zip(found, is_lost, strict=True)
                if is_it
            ]
            path = save(runner)
            raise FloatingPointError(
                'ThetaMonitorHook: not finite in iteration '
                f'{runner.iter + 1}: {", ".join(lost)}. Training was stopped. '
                f'{state_of(runner, path)} {GO_ON} {LOWER}.'
            )

    def thetas(self) -> dict[str, Tensor]:
        """Return the thetas of this iteration, ``(B, [N,] P)`` each."""
        seen = {}
        for reading in self.readings:
            seen.setdefault(reading.name, []).append(reading.theta.float())
        return {name: torch.cat(thetas) for name, thetas in seen.items()}

    def look(self, runner: Runner) -> None:
        """Log the statistics, and warn of what is wrong."""
        present, details = set(), {}
        first = {reading.name: reading for reading in self.readings[::-1]}
        for name, theta in self.thetas().items():
            reading = first[name]
            size = tuple(reading.source.shape[2:])
            start = theta.new_tensor(reading.transformer.start)
            several = theta.ndim == 3
            parts = theta.unbind(1) if several else [theta]
            starts = start.chunk(len(parts))
            for index, part in enumerate(parts):
                mark = str(index + 1) if several else ''
                logged = numbers(reading.family, part)
                logged = named(logged, self.short[name], mark)
                shown = [next(iter(logged)), list(logged)[-1]]
                for key in shown:
                    number = logged.pop(key)
                    runner.message_hub.update_scalar(f'train/{key}', number)
                details |= logged
                label = f'{name} {mark}'.strip()
                found = collapse_warnings(
                    reading.family, part, starts[index], size
                )
                for cause, words in found.items():
                    present.add((label, cause))
                    if (label, cause) not in self.warned:
                        warn(runner, f'{label} {words}')
        for name, norm in self.gradients.items():
            if name == 'rest':
                details |= named({'grad_rest': norm.item()})
            else:
                details |= named({'grad': norm.item()}, self.short[name])
        self.gradients = {}  # there may be no step until the next look
        if details:
            write(runner, details)
        self.warned = present


def named(values: dict[str, float], *labels: str) -> dict[str, float]:
    """Return numbers by the names they are logged under."""
    return {
        '/'.join(filter(None, ('theta', *labels, name))): value
        for name, value in values.items()
    }


def write(runner: Runner, values: dict[str, float]) -> None:
    """Write numbers to the backends, as LoggerHook does, but print none."""
    if getattr(runner.log_processor, 'log_with_hierarchy', False):
        values = {f'train/{name}': value for name, value in values.items()}
    runner.visualizer.add_scalars(values, step=runner.iter + 1)


def numbers(family: GridGenerator, theta: Tensor) -> dict[str, float]:
    """Return the statistics of thetas ``(B, P)`` to log, by name."""
    logged = {}
    for name, values in family.describe(theta).items():
        mean, deviation = mean_and_deviation(values, PERIOD.get(name))
        logged |= {name: mean, f'{name}_std': deviation}
    outside = share_outside(family.read_points(theta)).mean().item()
    return {**logged, 'outside': outside}


def warn(runner: Runner, words: str) -> None:
    print_log(
        f'ThetaMonitorHook, iteration {runner.iter + 1}: {words}. If it does '
        f'not recover, {LOWER}.',
        'current',
        logging.WARNING,
    )

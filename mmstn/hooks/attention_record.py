"""Write the outlines that transformers read into predictions."""

from contextlib import ExitStack

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from mmstn.attention.record import Record, record_attention
from mmstn.models.transformer.find import require_transformers, unwrap
from mmstn.registry import HOOKS


@HOOKS.register_module()
class AttentionRecordHook(Hook):
    """Write the outline that each transformer read into each prediction.

    In validation and test every predicted data sample gets the field
    ``attention``: by the name of each transformer of pictures its outline,
    ``(P, 2)`` in pixels of the network's input, on the CPU. What has no one
    place there, as behind joined streams, is left out. Metrics such as
    ``mmstn.PartCoverage`` read it, and ``DumpResults`` saves it.

    A compiled network is validated and tested eagerly: in compiled code no
    hook fires that came later. Training is the same to the bit with and
    without this hook.
    """

    def __init__(self):
        self.handles = ExitStack()  # an epoch long
        self.one_pass = ExitStack()
        self.record = None  # of a pass

    def before_run(self, runner: Runner) -> None:
        """Raise a ValueError if the network has no transformer."""
        self.transformers = require_transformers(
            type(self).__name__, runner.model
        )

    def before_val_epoch(self, runner: Runner) -> None:
        model = unwrap(runner.model)
        for handle in (
            model.register_forward_pre_hook(self.look, with_kwargs=True),
            model.register_forward_hook(self.write, always_call=True),
        ):
            self.handles.callback(handle.remove)

    def before_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        eagerly = torch.compiler.set_stance('force_eager')
        self.one_pass.enter_context(eagerly)

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        self.handles.close()

    before_test_epoch = before_val_epoch
    before_test_iter = before_val_iter
    after_test_epoch = after_val_epoch

    def look(self, model, args: tuple, kwargs: dict) -> None:
        """Record the transformers from here on; a forward pre-hook."""
        picture = args[0] if args else kwargs['inputs']
        watching = record_attention(self.transformers, picture)
        self.record = self.one_pass.enter_context(watching)

    def write(self, model, args: tuple, predictions: object) -> None:
        """Write the record into predictions; a forward hook.

        Args:
            predictions: A list of data samples; None if the pass failed.
                Anything if an earlier epoch failed, which left the hooks.
        """
        self.one_pass.close()
        record, self.record = self.record, None  # it holds what it saw
        if record is None or not isinstance(predictions, list):
            return
        attention = outlines(record)
        for index, prediction in enumerate(predictions):
            prediction.set_field(
                {name: points[index] for name, points in attention.items()},
                'attention',
            )


def outlines(record: Record) -> dict[str, Tensor]:
    """Return outlines ``(B, P, 2)`` in pixels of the network's input."""
    return {
        glimpse.name: glimpse.outline(on_input=True).cpu()
        for glimpse in record.glimpses
        if glimpse.reaches_input and len(glimpse.family.size) == 2
    }

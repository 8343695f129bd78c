"""Draw the regions that transformers read."""

import copy

from mmengine.dataset import pseudo_collate
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner

from mmstn.attention.record import record_attention
from mmstn.attention.undisturbed import undisturbed
from mmstn.checks import check_count
from mmstn.hooks.pictures import show
from mmstn.models.transformer.find import require_transformers, unwrap
from mmstn.registry import HOOKS
from mmstn.visualization.attention_sheet import attention_sheet


@HOOKS.register_module()
class AttentionVisualizationHook(Hook):
    """Draw the region each transformer reads, and its output.

    One column per sample: the network's input with the outline of each
    transformer, below it each output, framed in the colour of its outline. A
    transformer inside the network has a row with the map it reads, its mean
    over the channels, beside its output. The dot on an outline is the top
    left corner of the output; a family with control points shows them. A
    volume is seen along z, x and y, each time its largest values, with the
    edges of the box that is read.

    Drawn before training, after every ``interval``-th validation and after
    the last, for the same samples each time. The picture goes to every
    backend of the visualizer under the name ``attention``; the local one
    writes ``<work_dir>/<time>/vis_data/vis_image/attention_<epoch>.png``
    (``<iteration>`` where training counts those). Those of ``train_interval``
    are called ``attention_train`` and count iterations; they show the weights
    being trained, where validation shows their average if there is one.

    Training is the same to the bit with and without this hook.

    Args:
        interval: Validations from one picture to the next.
        samples: How many, spread evenly over the validation set.
        train_interval: Training iterations from one picture to the next; by
            default there are none between validations.
    """

    # before EMAHook puts back the weights that were not validated
    priority = 'ABOVE_NORMAL'

    def __init__(
        self,
        interval: int = 1,
        samples: int = 6,
        train_interval: int | None = None,
    ):
        check_count('AttentionVisualizationHook', 'interval', interval)
        check_count('AttentionVisualizationHook', 'samples', samples)
        if train_interval is not None:
            check_count(
                'AttentionVisualizationHook', 'train_interval', train_interval
            )
        self.interval = interval
        self.samples = samples
        self.train_interval = train_interval
        self.validations = 0
        self.batch = None

    def before_run(self, runner: Runner) -> None:
        """Raise a ValueError if the network has no transformer."""
        self.transformers = require_transformers(
            'AttentionVisualizationHook', runner.model
        )

    @master_only
    def before_train(self, runner: Runner) -> None:
        if runner.val_loop is None:
            print_log(
                'AttentionVisualizationHook draws samples of the validation '
                'set; there is none, so there will be no pictures',
                'current',
            )
        else:
            self.draw(runner, 'attention', runner.epoch or runner.iter)

    @master_only
    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        wanted = self.train_interval and runner.val_loop is not None
        if wanted and self.every_n_train_iters(runner, self.train_interval):
            self.draw(runner, 'attention_train', runner.iter + 1)

    @master_only
    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        self.validations += 1
        due = self.validations % self.interval == 0
        # iteration 0: a validation on its own, without training
        if due or runner.iter in (0, runner.max_iters):
            # an iteration-based loop stays in epoch 0
            self.draw(runner, 'attention', runner.epoch or runner.iter)

    def draw(self, runner: Runner, name: str, step: int) -> None:
        """Draw the chosen samples with the network as it is."""
        model = unwrap(runner.model)
        dataset = runner.val_dataloader.dataset
        with undisturbed(model):
            if self.batch is None:
                count = min(self.samples, len(dataset))
                chosen = [i * len(dataset) // count for i in range(count)]
                self.batch = pseudo_collate([dataset[i] for i in chosen])
            # a copy: preprocessors and heads write into data samples
            data = model.data_preprocessor(copy.deepcopy(self.batch), False)
            picture = data['inputs']
            with record_attention(self.transformers, picture) as record:
                predictions = model(**data, mode='predict')
            picture = attention_sheet(
                record, predictions, model.data_preprocessor, dataset
            )
        show(runner.visualizer, name, picture, step)

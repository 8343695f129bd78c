"""Speed as ratios, measured side by side: python tools/benchmark.py.

``transformer``: an affine transformer given theta, against torch's
``affine_grid`` and ``grid_sample``, and against a plain copy of the source.
``training``: ST-CNN on MNIST (``data/mnist``) through the Runner, against a
bare loop with the same model, batches and data.
``house_numbers``: a training step of ST-CNN Multi against that of its CNN, at
64 pixels.

Runs of the two sides alternate, and medians are compared: above 1 is faster
than the other side. Single times mean little on a shared machine.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import RUNNERS
from mmpretrain.registry import DATASETS as ANY_DATASETS
from mmpretrain.registry import MODELS as ANY_MODELS
from mmpretrain.structures import DataSample
from torch.utils.data import DataLoader

from mmstn.datasets.collate import batch_collate

FIRST, LAST = 5, 25  # iterations timed in training
HOUSE_NUMBERS = 32  # in a batch
CASES = [  # (B, C, *source), output
    ((256, 1, 42, 42), (28, 28)),
    ((64, 3, 224, 224), (224, 224)),
    ((16, 3, 448, 448), (224, 224)),
    ((16, 256, 28, 28), (28, 28)),
    ((8, 1, 60, 60, 60), (60, 60, 60)),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument(
        'parts',
        nargs='*',
        default=['transformer', 'training', 'house_numbers'],
        help='transformer, training, house_numbers; all by default',
    )
    parser.add_argument(
        '--rounds', type=int, default=7, help='runs of each side'
    )
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    args = parser.parse_args()
    print(
        f'torch {torch.__version__}, {args.device}, '
        f'{torch.get_num_threads()} threads, {args.rounds} rounds'
    )
    parts = dict(
        transformer=transformer,
        training=training,
        house_numbers=house_numbers,
    )
    for part in args.parts:
        parts[part](args)


def medians(runs: dict[str, Callable[[], float]], rounds: int) -> dict:
    """Return the median of what each run returns; the runs alternate."""
    times = {name: [] for name in runs}
    for turn in range(rounds + 1):  # one to warm up
        for name, run in runs.items():
            taken = run()
            if turn > 0:
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def transformer(args) -> None:
    """Print the ratios of the transformer to torch and to a copy."""
    print(
        f'{"source -> output":34}{"gradient to":>14}{"ms":>9}'
        f'{"torch/ours":>12}{"copy/ours":>11}'
    )
    for shape, size in CASES:
        for label in ('nothing', 'theta', 'source, theta'):
            runs = contestants(shape, size, label, args.device)
            took = medians(runs, args.rounds)
            name = f'{"x".join(map(str, shape))} -> '
            name += 'x'.join(map(str, size))
            print(
                f'{name:34}{label:>14}{took["ours"] * 1e3:9.2f}'
                f'{took["torch"] / took["ours"]:12.2f}'
                f'{took["copy"] / took["ours"]:11.2f}'
            )


def contestants(shape, size, gradient_to: str, device: str) -> dict:
    """Return what to time: ours, torch's, and a copy of the source."""
    torch.manual_seed(0)
    grid = ANY_MODELS.build(dict(type='mmstn.AffineGrid', size=size))
    sampler = ANY_MODELS.build(dict(type='mmstn.GridSampler'))
    theta = torch.tensor(grid.identity).repeat(shape[0], 1)
    theta = (theta + 0.1 * torch.randn_like(theta)).to(device)
    source = torch.rand(shape, device=device)
    theta.requires_grad_('theta' in gradient_to)
    source.requires_grad_('source' in gradient_to)
    rows = len(size)
    cotangent = torch.rand(*shape[:2], *size, device=device)

    def ours():
        return sampler(source, grid(theta))

    def plain():
        matrix = theta.view(-1, rows, rows + 1)
        points = F.affine_grid(matrix, (*shape[:2], *size), False)
        return F.grid_sample(source, points, align_corners=False)

    def timed(forward):
        theta.grad = source.grad = None
        synchronise(device)
        start = time.perf_counter()
        output = forward()
        if output.requires_grad:
            output.backward(cotangent)
        synchronise(device)
        return time.perf_counter() - start

    return {
        'ours': lambda: timed(ours),
        'torch': lambda: timed(plain),
        'copy': lambda: timed(source.detach().clone),
    }


def synchronise(device: str) -> None:
    """Wait for what was started on a GPU."""
    if device != 'cpu':
        torch.cuda.synchronize()


class Stopwatch(Hook):
    """Take the time from iteration ``FIRST`` to ``LAST``."""

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        if batch_idx == FIRST:
            self.start = time.perf_counter()
        if batch_idx == LAST:
            self.seconds = time.perf_counter() - self.start


def training(args) -> None:
    """Print the ratio of the Runner's speed to that of a bare loop."""
    print(
        f'{"workers":>7}{"Runner images/s":>17}{"bare images/s":>15}'
        f'{"Runner/bare":>13}'
    )
    cfg = Config.fromfile('configs/stn_mnist.py')
    cfg.merge_from_dict(
        dict(
            train_cfg=dict(max_epochs=1),
            val_cfg=None,
            val_dataloader=None,
            val_evaluator=None,
            log_level='ERROR',
            custom_hooks=[],
        )
    )
    batch = cfg.train_dataloader.batch_size
    cfg.train_dataloader.dataset.indices = batch * (LAST + 1)
    for workers in (0, 1, 2):
        cfg.train_dataloader.num_workers = workers
        cfg.train_dataloader.persistent_workers = workers > 0
        runs = {
            'runner': lambda: through_runner(cfg),
            'bare': lambda: through_bare_loop(cfg, args.device),
        }
        took = medians(runs, args.rounds)
        images = batch * (LAST - FIRST)
        print(
            f'{workers:7}{images / took["runner"]:17.0f}'
            f'{images / took["bare"]:15.0f}'
            f'{took["bare"] / took["runner"]:13.2f}'
        )


def through_runner(cfg: Config) -> float:
    """Return the seconds of an epoch's iterations through the Runner."""
    with tempfile.TemporaryDirectory() as work_dir:
        cfg = Config(dict(cfg.to_dict(), work_dir=work_dir))
        cfg.experiment_name = Path(work_dir).name
        runner, watch = RUNNERS.build(cfg), Stopwatch()
        runner.register_hook(watch, 'VERY_LOW')
        runner.train()
    return watch.seconds


def through_bare_loop(cfg: Config, device: str) -> float:
    """Return the seconds of the same iterations without OpenMMLab's loop."""
    settings = cfg.train_dataloader
    loader = DataLoader(
        ANY_DATASETS.build(settings.dataset),
        batch_size=settings.batch_size,
        num_workers=settings.num_workers,
        shuffle=True,
        collate_fn=batch_collate,
    )
    model = ANY_MODELS.build(cfg.model).to(device).train()
    net = torch.nn.Sequential(model.backbone, Last(), model.head.fc)
    optimiser = torch.optim.SGD(net.parameters(), 0.01, 0.9)
    for step, batch in enumerate(loader):
        inputs = batch['inputs'].to(device).float() / 255
        labels = batch['data_samples']['gt_label'].to(device).flatten()
        loss = F.cross_entropy(net(inputs), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step == FIRST:
            start = time.perf_counter()
        if step == LAST:
            loss.item()
            taken = time.perf_counter() - start
    return taken


def house_numbers(args) -> None:
    """Print the ratio of ST-CNN Multi's speed to that of its bare CNN."""
    cfg = Config.fromfile('configs/stn_svhn.py').model
    bare = cfg.to_dict()
    bare['backbone'] = bare['backbone']['backbone']
    torch.manual_seed(0)
    inputs = torch.randn(HOUSE_NUMBERS, 3, 64, 64, device=args.device)
    samples = [DataSample().set_gt_label([1] * 5).to(args.device)] * len(
        inputs
    )

    def timed(model):
        synchronise(args.device)
        start = time.perf_counter()
        model.loss(inputs, samples)['loss'].backward()
        synchronise(args.device)
        return time.perf_counter() - start

    models = {}
    for name, model in (('bare', bare), ('multi', cfg)):
        models[name] = ANY_MODELS.build(model).to(args.device).train()
    took = medians(
        {name: partial(timed, model) for name, model in models.items()},
        args.rounds,
    )
    print(
        f'house numbers: CNN {took["bare"] * 1e3:.1f} ms, ST-CNN Multi '
        f'{took["multi"] * 1e3:.1f} ms, CNN/Multi '
        f'{took["bare"] / took["multi"]:.3f}'
    )


class Last(torch.nn.Module):
    """The last of a tuple of features."""

    def forward(self, features):
        return features[-1]


if __name__ == '__main__':
    main()

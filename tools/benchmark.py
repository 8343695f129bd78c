"""Speed as ratios, measured side by side: python tools/benchmark.py.

``transformer``: an affine transformer given theta, against torch's
``affine_grid`` and ``grid_sample``, and against a plain copy of the source.
``training``: ST-CNN on MNIST (``data/mnist``) through the Runner, against a
bare loop with the same model, batches and data.
``birds``: a step of ``configs/stn_cub_4x.py`` against its streams and its
localiser on their own, and the memory that a step holds.
``house_numbers``: a step of ST-CNN Multi on SVHN, 64 pixels, against one of
its CNN.
``precision``: a training step in float32, and with pictures and weights
channels last, in bfloat16, and both; ST-CNN on R and RTS, InceptionV2, and
``configs/stn_cub_4x.py``.

Runs of the two sides alternate, and medians are compared: above 1 is faster
than the other side. Single times mean little on a shared machine.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import build_optim_wrapper
from mmengine.registry import RUNNERS
from mmpretrain.registry import DATASETS as ANY_DATASETS
from mmpretrain.registry import MODELS as MMPRETRAIN_MODELS
from mmpretrain.structures import DataSample
from torch import Tensor
from torch.utils.data import DataLoader

from mmstn.compat.precision import has_bfloat16_instructions
from mmstn.datasets.prebuilt_batch import batch_collate

FIRST, LAST = 5, 25  # iterations timed in training
CASES = [  # (B, C, *source), output
    ((256, 1, 42, 42), (28, 28)),
    ((64, 3, 224, 224), (224, 224)),
    ((16, 3, 448, 448), (224, 224)),
    ((16, 256, 28, 28), (28, 28)),
    ((8, 1, 60, 60, 60), (60, 60, 60)),
]
LOCALISER = 'transformer.localisation.trunk.backbone'
BIRDS = {  # what is changed in configs/stn_cub_4x.py
    'streams of their own': {},
    'checkpointed': {
        f'model.backbone.{inception}.with_cp': True
        for inception in ('backbone', LOCALISER)
    },
    'one shared stream': {'model.backbone.shared': True},
}

NETWORKS = [  # config and (B, C, H, W)
    ('ST-CNN R', 'configs/mnist/st_cnn_aff_r.py', (256, 1, 28, 28)),
    ('ST-CNN RTS', 'configs/mnist/st_cnn_aff_rts.py', (256, 1, 42, 42)),
    ('InceptionV2', 'configs/inception_v2_cub.py', (8, 3, 224, 224)),
    ('stn_cub_4x', 'configs/stn_cub_4x.py', (2, 3, 448, 448)),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument(
        'parts',
        nargs='*',
        default=list(PARTS),
        help=f'by default all: {", ".join(PARTS)}',
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
    for part in args.parts:
        PARTS[part](args)


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
    grid = MMPRETRAIN_MODELS.build(dict(type='mmstn.AffineGrid', size=size))
    sampler = MMPRETRAIN_MODELS.build(dict(type='mmstn.GridSampler'))
    theta = torch.tensor(grid.identity).repeat(shape[0], 1)
    theta = (theta + 0.1 * torch.randn_like(theta)).to(device)
    source = torch.rand(shape, device=device)
    theta.requires_grad_('theta' in gradient_to)
    source.requires_grad_('source' in gradient_to)
    rows = len(size)
    cotangent = torch.rand(*shape[:2], *size, device=device)

    def ours():
        return sampler(source, grid, theta)

    def plain():
        matrix = theta.view(-1, rows, rows + 1)
        points = F.affine_grid(matrix, (*shape[:2], *size), False)
        return F.grid_sample(source, points, align_corners=False)

    def timed(forward):
        def work():
            output = forward()
            if output.requires_grad:
                output.backward(cotangent)

        theta.grad = source.grad = None
        return seconds(work, device)

    return {
        'ours': lambda: timed(ours),
        'torch': lambda: timed(plain),
        'copy': lambda: timed(source.detach().clone),
    }


def seconds(work: Callable[[], None], device: str) -> float:
    """Return the seconds until work is done, on a GPU too."""
    synchronise(device)
    start = time.perf_counter()
    work()
    synchronise(device)
    return time.perf_counter() - start


def synchronise(device: str) -> None:
    """Wait until a GPU is idle."""
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
    """Print the speed of the Runner over the speed of a bare loop."""
    print(
        f'{"workers":>7}{"Runner images/s":>17}{"bare images/s":>15}'
        f'{"Runner/bare":>13}'
    )
    cfg = Config.fromfile('configs/mnist/st_cnn_aff_r.py')
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
    dataset = ANY_DATASETS.build(settings.dataset)
    dataset.set_epoch(0)
    loader = DataLoader(
        dataset,
        batch_size=settings.batch_size,
        num_workers=settings.num_workers,
        shuffle=True,
        collate_fn=batch_collate,
    )
    model = MMPRETRAIN_MODELS.build(cfg.model).to(device).train()
    net = torch.nn.Sequential(model.backbone, Last(), model.head.fc)
    optimiser = torch.optim.SGD(net.parameters(), 0.01, 0.9)
    for step, batch in enumerate(loader):
        inputs = batch['inputs'].to(device).float() / 255
        labels = batch['data_samples'].targets['gt_label']
        labels = labels.to(device).flatten()
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


def birds(args) -> None:
    """Print the time that four parallel transformers add to their streams."""
    print(f'{"4x at 448":22}{"step/parts":>11}{"GiB, batch of 8":>17}')
    for label, settings in BIRDS.items():
        torch.manual_seed(0)
        cfg = Config.fromfile('configs/stn_cub_4x.py')
        cfg.merge_from_dict(settings)
        model = MMPRETRAIN_MODELS.build(cfg.model.backbone).to(args.device)
        model.train()
        images = torch.rand(2, 3, 448, 448, device=args.device)
        runs = {
            'step': lambda m=model, i=images: seconds_of(m, step(m, i)),
            'parts': lambda m=model, i=images: seconds_of(m, parts(m, i)),
        }
        took = medians(runs, args.rounds)
        held = gigabytes_held(model, images, 8)
        print(f'{label:22}{took["step"] / took["parts"]:11.3f}{held:17.1f}')


def step(model, images: Tensor) -> Callable[[], Tensor]:
    """Return the loss of the whole."""
    return lambda: sum(view.mean() for view in model(images))


def parts(model, images: Tensor) -> Callable[[], Tensor]:
    """Return the loss of the streams and the localiser, run separately."""
    count = model.transformer.num_transformers
    views = images[..., :224, :224].repeat(count, 1, 1, 1, 1)

    def loss():
        theta = model.transformer.localisation(images)
        return theta.mean() + sum(
            model.streams[index % len(model.streams)](view)[-1].mean()
            for index, view in enumerate(views)
        )

    return loss


def seconds_of(model, loss: Callable[[], Tensor]) -> float:
    """Return the seconds of one forward and backward pass."""
    model.zero_grad()
    device = next(model.parameters()).device.type
    return seconds(lambda: loss().backward(), device)


def gigabytes_held(model, images: Tensor, batch: int) -> float:
    """Return the memory of the tensors that a step keeps, in GiB.

    Everything kept for the backward pass of ``images``, scaled to a batch,
    and three times the weights: themselves, gradients and momentum.
    """
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    weights = {w.untyped_storage().data_ptr() for w in model.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda held: held):
        loss = step(model, images)()
    activations = sum(kept[place] for place in kept.keys() - weights)
    del loss  # held what was counted
    fixed = 3 * sum(w.nbytes for w in model.parameters())
    return (activations * batch / len(images) + fixed) / 2**30


def house_numbers(args) -> None:
    """Print the step time of ST-CNN Multi over that of its CNN."""
    torch.manual_seed(0)
    cfg = Config.fromfile('configs/svhn/st_cnn_multi_64.py').model
    bare = dict(cfg, backbone=cfg.backbone.backbone)
    images = torch.randn(32, 3, 64, 64, device=args.device)
    runs = {}
    for name, model in (('CNN', bare), ('Multi', cfg)):
        net = MMPRETRAIN_MODELS.build(model).backbone.to(args.device).train()
        runs[name] = lambda n=net: seconds_of(n, lambda: n(images)[0].mean())
    took = medians(runs, args.rounds)
    print(f'house numbers, Multi/CNN {took["Multi"] / took["CNN"]:.3f}')


def precision(args) -> None:
    """Print how much faster other types and layouts are than float32."""
    if args.device == 'cpu' and not has_bfloat16_instructions():
        print('this CPU has no bfloat16 instructions')
    print(
        f'{"against float32":17}{"images/s":>10}{"channels last":>15}'
        f'{"bfloat16":>10}{"both":>7}'
    )
    for name, path, shape in NETWORKS:
        torch.manual_seed(0)
        cfg = Config.fromfile(path)
        images = torch.rand(shape, device=args.device)
        runs = {
            key: in_precision(cfg, images, *key)
            for key in itertools.product((False, True), repeat=2)
        }
        took = medians(runs, args.rounds)
        plain = took.pop((False, False))
        laid, low, both = (plain / taken for taken in took.values())
        rate = len(images) / plain
        print(f'{name:17}{rate:10.1f}{laid:15.2f}{low:10.2f}{both:7.2f}')


def in_precision(
    cfg: Config, images: Tensor, is_bfloat16: bool, is_channels_last: bool
) -> Callable[[], float]:
    """Return a timed training step of a config on images."""
    device = images.device.type
    net = MMPRETRAIN_MODELS.build(cfg.model).to(device).train()
    if is_channels_last:
        net.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    samples = [DataSample().set_gt_label(0).to(device) for _ in images]
    optimizer = build_optim_wrapper(
        net, dict(optimizer=cfg.optim_wrapper.optimizer)
    )

    def update() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=is_bfloat16):
            losses = net(images, samples, mode='loss')
        optimizer.update_params(net.parse_losses(losses)[0])

    return lambda: seconds(update, device)


class Last(torch.nn.Module):
    """Return the last of a tuple of features."""

    def forward(self, features):
        return features[-1]


PARTS = dict(
    transformer=transformer,
    training=training,
    birds=birds,
    house_numbers=house_numbers,
    precision=precision,
)

if __name__ == '__main__':
    main()

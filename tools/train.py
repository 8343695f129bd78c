"""Train a model: python tools/train.py CONFIG."""

import argparse

from mmengine.config import Config, DictAction
from mmengine.registry import RUNNERS

from mmstn.checkpoint_fit import CheckpointFitHook
from mmstn.compat import launching
from mmstn.files import default_work_dir
from mmstn.shipped import config_argument


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Train a model')
    parser.add_argument(
        'config', type=config_argument, help='path or name of the config'
    )
    parser.add_argument(
        '--work-dir', help='where the log and the checkpoints go'
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='a checkpoint to go on from; without a path, the latest one in '
        'the work dir',
    )
    parser.add_argument(
        '--amp',
        action='store_true',
        help='train in mixed precision, bfloat16 where there is no GPU',
    )
    parser.add_argument(
        '--channels-last',
        action='store_true',
        help='keep pictures and weights in the layout that convolutions are '
        'fastest in',
    )
    parser.add_argument(
        '--no-validate', action='store_true', help='train without validation'
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate by the batch of all processes over the '
        "config's auto_scale_lr.base_batch_size",
    )
    parser.add_argument(
        '--schedule',
        type=config_argument,
        help='a config whose values replace those of the config, such as '
        'configs/_base_/mnist_paper.py',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='values that replace those of the config, such as '
        'train_cfg.max_epochs=12 or param_scheduler.milestones="[4,8]"',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='what started the processes',
    )
    # torch.distributed.launch, which mim starts, passes what nobody needs.
    parser.add_argument('--local-rank', help=argparse.SUPPRESS)
    return parser.parse_args()


def apply_args(cfg: Config, args: argparse.Namespace) -> None:
    """Write the arguments into the config; ``--cfg-options`` come last."""
    cfg.launcher = args.launcher
    if args.work_dir:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(default_work_dir(args.config))
    if args.schedule:
        cfg.merge_from_dict(Config.fromfile(args.schedule).to_dict())
    if args.resume:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    if args.amp:
        cfg.optim_wrapper.type = 'AmpOptimWrapper'
        cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')
    if args.channels_last:
        hook = dict(type='mmstn.ChannelsLastHook')
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), hook]
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    if args.auto_scale_lr:
        if cfg.get('auto_scale_lr') is None:
            raise ValueError(
                f'--auto-scale-lr: {args.config} has no auto_scale_lr; add '
                'auto_scale_lr=dict(base_batch_size=...), the batch its '
                'learning rate was chosen for'
            )
        cfg.auto_scale_lr.enable = True
    if args.cfg_options:
        cfg.merge_from_dict(args.cfg_options)


def main() -> None:
    args = parse_args()
    cfg = Config.fromfile(args.config)
    apply_args(cfg, args)
    if args.launcher == 'pytorch':
        launching.init_cpu_distributed(cfg)
    runner = RUNNERS.build(cfg)
    runner.register_hook(CheckpointFitHook())
    runner.train()


if __name__ == '__main__':
    main()

"""Test a checkpoint: python tools/test.py CONFIG CHECKPOINT."""

import argparse

import mmengine
from mmengine.config import Config, DictAction
from mmengine.evaluator import DumpResults
from mmengine.registry import RUNNERS

from mmstn.checkpoint_fit import CheckpointFitHook
from mmstn.compat import launching, precision
from mmstn.files import default_work_dir
from mmstn.shipped import config_argument

SUFFIXES = dict(
    metrics=('.json', '.yaml', '.yml', '.pkl', '.pickle'),
    pred=('.pkl', '.pickle'),
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Test a checkpoint')
    parser.add_argument(
        'config', type=config_argument, help='path or name of the config'
    )
    parser.add_argument('checkpoint', help='path or address of the checkpoint')
    parser.add_argument('--work-dir', help='where the log goes')
    parser.add_argument('--out', help='file to write results to')
    parser.add_argument(
        '--out-item',
        choices=['metrics', 'pred'],
        default='pred',
        help='what --out holds',
    )
    parser.add_argument(
        '--amp',
        action='store_true',
        help='test in mixed precision, bfloat16 where there is no GPU',
    )
    parser.add_argument(
        '--channels-last',
        action='store_true',
        help='keep pictures and weights in the layout that convolutions are '
        'fastest in',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='values that replace those of the config',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='what started the processes',
    )
    # torch.distributed.launch, which mim starts, passes what nobody needs.
    parser.add_argument('--local-rank', help=argparse.SUPPRESS)
    args = parser.parse_args()
    suffixes = SUFFIXES[args.out_item]
    if args.out and not args.out.endswith(suffixes):
        parser.error(
            f'--out {args.out}: a file of --out-item {args.out_item} ends in '
            f'{", ".join(suffixes)}'
        )
    return args


def apply_args(cfg: Config, args: argparse.Namespace) -> None:
    """Write the arguments into the config; ``--cfg-options`` come last."""
    cfg.launcher = args.launcher
    cfg.load_from = args.checkpoint
    if args.work_dir:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(default_work_dir(args.config))
    if args.amp:
        cfg.test_cfg = {**(cfg.get('test_cfg') or {}), 'fp16': True}
    if args.channels_last:
        hook = dict(type='mmstn.ChannelsLastHook')
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), hook]
    if args.cfg_options:
        cfg.merge_from_dict(args.cfg_options)


def main() -> None:
    args = parse_args()
    cfg = Config.fromfile(args.config)
    apply_args(cfg, args)
    if args.launcher == 'pytorch':
        launching.init_cpu_distributed(cfg)
    runner = RUNNERS.build(cfg)
    runner.register_hook(CheckpointFitHook(is_test=True))
    if (cfg.get('test_cfg') or {}).get('fp16'):
        precision.say_if_slow()
    if args.out and args.out_item == 'pred':
        runner.test_evaluator.metrics.append(DumpResults(args.out))
    metrics = runner.test()
    if args.out and args.out_item == 'metrics':
        mmengine.dump(metrics, args.out)


if __name__ == '__main__':
    main()

"""Turn a public BN-Inception checkpoint into one for InceptionV2.

python tools/convert_inception_v2.py bn_inception-52deb4733.pth \\
    checkpoints/inception_v2_in1k.pth

The public layout names its layers conv1_7x7_s2, inception_3a_1x1,
inception_3a_1x1_bn, ..., last_linear. Every tensor must be there, none more,
each of the right shape.
"""

import argparse
import pickle
from pathlib import Path

import torch
from mmengine.runner import CheckpointLoader
from torch import Tensor

from mmstn.models.backbones.inception_v2 import BLOCKS, STAGES, InceptionV2

LAYERS = {
    'one': ['1x1'],
    'three': ['3x3_reduce', '3x3'],
    'five': ['double_3x3_reduce', 'double_3x3_1', 'double_3x3_2'],
    'pool': [None, 'pool_proj'],
}
STATISTICS = ('weight', 'bias', 'running_mean', 'running_var')


def layers() -> dict[str, str]:
    """Return the public name of each of our normalised convolutions."""
    names = {
        'conv1': 'conv1_7x7_s2',
        'stages.0.conv2_reduce': 'conv2_3x3_reduce',
        'stages.0.conv2': 'conv2_3x3',
    }
    for stage, blocks in enumerate(STAGES):
        for block in blocks.split():
            block = f'inception_{block}'
            for branch, parts in LAYERS.items():
                if branch in ('one', 'pool') and ('one' not in BLOCKS[block]):
                    continue
                for index, part in enumerate(parts):
                    ours = f'stages.{stage}.{block}.{branch}'
                    if branch != 'one':
                        ours = f'{ours}.{index}'
                    if part:
                        names[ours] = f'{block}_{part}'
    return names


def convert(public: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the state dict of an ``ImageClassifier`` with ``InceptionV2``.

    A bias before a batch normalisation is taken off its running mean, which
    gives the same outputs.

    Raises:
        ValueError: If anything is missing, left over or of another shape.
    """
    if not isinstance(public, dict) or not all(
        isinstance(value, Tensor) for value in public.values()
    ):
        raise ValueError(
            'convert_inception_v2: this is not a dict of tensors by name, as '
            'the public checkpoint is'
        )
    rest = {
        name: value
        for name, value in public.items()
        if not name.endswith('num_batches_tracked')
    }
    wanted = ['last_linear.weight', 'last_linear.bias']
    for name in layers().values():
        wanted += [f'{name}.weight', f'{name}.bias']
        wanted += [f'{name}_bn.{part}' for part in STATISTICS]
    missing = [name for name in wanted if name not in rest]
    left_over = [name for name in rest if name not in wanted]
    if missing or left_over:
        raise ValueError(
            'convert_inception_v2: this is not the public BN-Inception '
            f'layout; missing: {", ".join(missing[:5]) or "nothing"} '
            f'({len(missing)}), left over: '
            f'{", ".join(left_over[:5]) or "nothing"} ({len(left_over)})'
        )
    ours = {}
    for name, theirs in layers().items():
        ours[f'{name}.conv.weight'] = rest[f'{theirs}.weight']
        for part in STATISTICS:  # (1, C) in some files
            ours[f'{name}.bn.{part}'] = rest[f'{theirs}_bn.{part}'].flatten()
        mean = ours[f'{name}.bn.running_mean'] - rest[f'{theirs}.bias']
        ours[f'{name}.bn.running_mean'] = mean
        ours[f'{name}.bn.num_batches_tracked'] = torch.tensor(0)
    check_shapes(ours)
    head = {f'head.fc.{p}': rest[f'last_linear.{p}'] for p in STATISTICS[:2]}
    return {f'backbone.{name}': value for name, value in ours.items()} | head


def check_shapes(state: dict[str, Tensor]) -> None:
    """Raise a ValueError unless ``state`` is one of ``InceptionV2``."""
    expected = InceptionV2().state_dict()
    assert expected.keys() == state.keys()
    for name, value in expected.items():
        if state[name].shape != value.shape:
            raise ValueError(
                f'convert_inception_v2: {name} must be {tuple(value.shape)}, '
                f'but the checkpoint gives {tuple(state[name].shape)}'
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Convert a public BN-Inception checkpoint'
    )
    parser.add_argument('public', help='the checkpoint to read')
    parser.add_argument('ours', help='the checkpoint to write')
    args = parser.parse_args()
    try:
        public = CheckpointLoader.load_checkpoint(args.public, 'cpu')
        state = convert(public)
    except (OSError, ValueError, pickle.UnpicklingError) as error:
        parser.exit(1, f'{args.public}: {error}\n')
    Path(args.ours).parent.mkdir(parents=True, exist_ok=True)
    torch.save(dict(meta={}, state_dict=state), args.ours)


if __name__ == '__main__':
    main()

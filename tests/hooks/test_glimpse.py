"""What is caught is what happened, whatever wraps the network."""

import copy

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmpretrain.registry import MODELS
from torch import nn
from torch.testing import assert_close

from mmstn.hooks.glimpse import find_transformers, unwrap, watch


def transformer(start=(0.5, 0.25, 0)):
    return MODELS.build(
        dict(
            type='mmstn.SpatialTransformer',
            grid=dict(type='mmstn.AttentionGrid', size=(4, 4)),
            localisation=dict(
                trunk=dict(type='mmstn.PlainNet', size=(8, 8), steps=[]),
                in_features=64,
                start=start,
            ),
        )
    )


class Twice(nn.Module):
    """One transformer behind the other, the first output changed in place."""

    def __init__(self):
        super().__init__()
        self.first = transformer()
        self.second = transformer((1, 0, 0))
        self.second.localisation.trunk.in_shape = (1, 4, 4)
        self.second.localisation.regressor = nn.Linear(16, 3)

    def forward(self, source):
        return self.second(self.first(source)).zero_()


def source():
    return torch.rand(2, 1, 8, 8, generator=torch.manual_seed(0))


def seen_in(model, picture):
    with watch(find_transformers(model), picture) as seen, torch.no_grad():
        model(picture)
    return seen


def test_source_theta_and_output_are_those_of_the_forward_pass():
    picture = source()
    seen = seen_in(Twice(), picture)
    first, second = seen.glimpses
    assert [first.name, second.name] == ['first', 'second']
    assert_close(first.theta, torch.tensor([[0.5, 0.25, 0.0]] * 2))
    assert_close(first.output, picture[:, :, 2:6, 3:7])
    assert_close(first.source.values, picture)
    assert_close(second.source.values, first.output)


def test_copies_do_not_follow_changes_in_place():
    picture = source()
    seen = seen_in(Twice(), picture)
    kept = picture.clone()
    picture.zero_()
    assert seen.glimpses[1].output.any()
    assert_close(seen.glimpses[0].source.values, kept)


def test_what_a_transformer_hands_on_of_a_picture_is_a_picture():
    seen = seen_in(Twice(), source())
    assert [s.name for _, s in seen.sources] == ['input', 'second']
    assert all(s.is_picture for _, s in seen.sources)


def test_nothing_stays_behind():
    model = Twice()
    seen_in(model, source())
    assert not any(m._forward_hooks for m in model.modules())


def test_nothing_stays_behind_after_an_error():
    model = Twice()
    with pytest.raises(ValueError, match='built for sources'):
        seen_in(model, torch.rand(1, 1, 5, 5))
    assert not any(m._forward_hooks for m in model.modules())


@pytest.mark.parametrize(
    'wrap',
    [
        nn.Sequential,
        copy.deepcopy,
        lambda model: torch.compile(model, backend='eager'),
        lambda model: nn.Sequential(torch.compile(model, backend='eager')),
    ],
    ids=['container', 'copy', 'compiled', 'compiled inside'],
)
def test_a_wrapped_transformer_is_found_and_caught(wrap):
    model, picture = wrap(Twice()), source()
    model(picture.clone())  # compiled now, without our hooks
    with torch.compiler.set_stance('force_eager'):
        seen = seen_in(unwrap(model), picture)
    names = [glimpse.name.split('.')[-1] for glimpse in seen.glimpses]
    assert names == ['first', 'second']
    assert not any('_orig_mod' in glimpse.name for glimpse in seen.glimpses)


def test_ddp_and_compile_are_taken_off(tmp_path):
    model = Twice()
    torch.distributed.init_process_group(
        'gloo', f'file://{tmp_path}/meet', rank=0, world_size=1
    )
    try:
        wrapped = torch.compile(MMDistributedDataParallel(model))
        assert unwrap(wrapped) is model
    finally:
        torch.distributed.destroy_process_group()


def test_each_of_several_parallel_transformers_is_caught():
    model = nn.Sequential(
        MODELS.build(
            dict(
                type='mmstn.ParallelSpatialTransformer',
                number=4,
                grid=dict(
                    type='mmstn.TranslationGrid', size=(4, 4), scale=0.5
                ),
                localisation=dict(
                    trunk=dict(type='mmstn.PlainNet', size=(8, 8), steps=[]),
                    in_features=64,
                ),
            )
        )
    )
    picture = source()
    seen = seen_in(model, picture).glimpses
    assert [glimpse.name for glimpse in seen] == ['0 1', '0 2', '0 3', '0 4']
    assert all(glimpse.source is seen[0].source for glimpse in seen)
    assert_close(seen[1].output, picture[:, :, :4, 4:])
    corner = torch.tensor([7.5, -0.5])
    assert_close(seen[1].outline()[:, 64], corner.expand(2, 2))

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

pytestmark = pytest.mark.slow

CHANNELS = (192, 320, 608, 1024)


def build(**kwargs):
    torch.manual_seed(0)
    model = MODELS.build(dict(type='mmstn.InceptionV2', **kwargs))
    model.init_weights()
    return model


def image(side=64, batch=2):
    torch.manual_seed(0)
    return torch.rand(batch, 3, side, side)


def learning(model):
    return {name for name, p in model.named_parameters() if p.requires_grad}


def test_it_gives_7x7x1024_of_224_pixels():
    model = build(out_indices=(0, 1, 2, 3)).eval()
    with torch.no_grad():
        maps = model(image(224, 1))
    sides = (56, 28, 14, 7)
    expected = [(1, *cs) for cs in zip(CHANNELS, sides, sides, strict=True)]
    assert [tuple(item.shape) for item in maps] == expected


def test_it_is_as_large_as_the_public_network():
    model = build()
    assert sum(p.numel() for p in model.parameters()) == 10_260_224


def test_oblong_images_and_chosen_stages():
    model = build(out_indices=(1, 3)).eval()
    with torch.no_grad():
        maps = model(torch.rand(1, 3, 64, 96))
    found = [tuple(item.shape) for item in maps]
    assert found == [(1, 320, 8, 12), (1, 1024, 2, 3)]


def test_every_parameter_gets_a_gradient():
    model = build()
    model(image())[-1].square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_recomputed_activations_give_the_same_gradients():
    stored, recomputed = build(), build(with_cp=True)
    for model in (stored, recomputed):
        model(image())[-1].square().sum().backward()
    assert_close(
        [p.grad for p in recomputed.parameters()],
        [p.grad for p in stored.parameters()],
    )


def test_recomputing_keeps_fewer_activations():
    kept = {False: 0, True: 0}
    for with_cp in kept:
        model, seen = build(with_cp=with_cp), set()

        def pack(tensor, seen=seen):
            seen.add((tensor.data_ptr(), tensor.nbytes))
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
            features = model(image(128))
        kept[with_cp] = sum(nbytes for _, nbytes in seen)
        del features
    weights = sum(p.nbytes for p in build().parameters())
    assert kept[True] < 0.5 * (kept[False] - weights)


@pytest.mark.parametrize('frozen', range(-1, 5))
def test_frozen_stages_neither_learn_nor_follow_the_batch(frozen):
    model = build(frozen_stages=frozen)
    model.train()
    parts = ['conv1.', *(f'stages.{index}.' for index in range(4))]
    names = {name for name, _ in model.named_parameters()}
    fixed = tuple(parts[: frozen + 1])
    learns = {name for name in names if not name.startswith(fixed)}
    assert learning(model) == learns
    before = {n: b.clone() for n, b in model.named_buffers() if 'mean' in n}
    model(image())
    follows = {
        name
        for name, value in before.items()
        if not torch.equal(value, model.get_buffer(name))
    }
    assert follows == {n for n in before if not n.startswith(fixed)}


def test_norm_eval_keeps_the_statistics_but_learns():
    model = build(norm_eval=True)
    model.train()
    model(image())
    assert not model.conv1.bn.running_mean.any()
    assert learning(model) == {name for name, _ in model.named_parameters()}


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(out_indices=(4,)), r'stages 0 to 3, but got \(4,\)'),
        (dict(out_indices=()), r'stages 0 to 3, but got \(\)'),
        (dict(frozen_stages=5), 'frozen_stages must be -1 to 4, but got 5'),
    ],
)
def test_stages_it_does_not_have_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        build(**change)


def test_a_size_that_does_not_halve_is_refused():
    with pytest.raises(
        ValueError, match=r'multiples of 32, but .* \(64, 80\)'
    ):
        build()(torch.rand(1, 3, 64, 80))


@pytest.mark.parametrize('many', [False, True])
def test_missing_weights_name_the_file_and_the_command(many, tmp_path):
    path = f'{tmp_path}/weights.pth'
    cfg = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    command = f'convert_inception_v2.py bn_inception-52deb4733.pth {path}'
    with pytest.raises(FileNotFoundError, match=command):
        build(init_cfg=[cfg] if many else cfg)

"""Laws of a transformer on the input of a backbone or inside it."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from mmengine.model import ExponentialMovingAverage
from mmpretrain.registry import MODELS
from torch.nn.parallel import DistributedDataParallel
from torch.testing import assert_close

RESNET = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8)
BACKBONES = {
    'ResNet': RESNET,
    'VGG': dict(type='VGG', depth=11),
    'ConvNeXt': dict(type='ConvNeXt', arch='atto'),
    'MobileNetV2': dict(type='MobileNetV2', widen_factor=0.25),
    'DenseNet': dict(type='DenseNet', arch='121'),
    'VisionTransformer': dict(
        type='VisionTransformer', arch='deit-tiny', img_size=32
    ),
    'PlainNet': dict(
        type='mmstn.PlainNet',
        size=(32, 32),
        in_channels=3,
        steps=[
            dict(conv=4, kernel=3),
            dict(pool='max', size=2),
            dict(conv=4, kernel=3),
        ],
    ),
}
PLACES = [
    ('ResNet', 'conv1'),
    ('ResNet', 'layer2.0'),
    ('ResNet', 'layer1.1.conv2'),
    ('VGG', 'features.3'),
    ('ConvNeXt', 'stages.1'),
    ('MobileNetV2', 'layer3'),
    ('DenseNet', 'stages.1'),
    ('VisionTransformer', 'patch_embed'),
    ('PlainNet', 'steps.conv2'),
]
exactly = dict(atol=0, rtol=0)


def image(batch=2):
    torch.manual_seed(0)
    return torch.rand(batch, 3, 32, 32)


def build(backbone, *transformers):
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type='mmstn.STNBackbone',
            backbone=backbone,
            transformers=list(transformers),
        )
    )
    model.eval()
    return model


def bare(backbone):
    torch.manual_seed(0)
    model = MODELS.build(backbone)
    model.eval()
    return model


def bias(model, index=0):
    return model.transformers[index].localisation.regressor.bias


@pytest.mark.slow
@pytest.mark.parametrize(('name', 'place'), PLACES)
@pytest.mark.parametrize('batch', [1, 2])
def test_an_identity_at_a_place_changes_nothing(
    name, place, batch, transformer, size_before
):
    net = bare(BACKBONES[name])
    size = size_before(net, place, image())
    model = build(BACKBONES[name], transformer(size, place))
    features = model(image(batch))
    assert_close(features, net(image(batch)), atol=1e-4, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(('name', 'place'), PLACES)
def test_a_transformer_at_a_place_acts_and_learns(
    name, place, transformer, size_before
):
    net = bare(BACKBONES[name])
    size = size_before(net, place, image())
    zoom = transformer(size, place, start=[0.5, 0.3, 0.1])
    model = build(BACKBONES[name], zoom)
    features = model(image())[-1]
    plain = net(image())[-1]
    assert (features - plain).abs().max() > 0.01 * plain.abs().max()
    features.square().sum().backward()
    assert (bias(model).grad != 0).any()


def test_a_transformer_acts_on_the_input_of_its_submodule(
    transformer,
):
    model = build(RESNET, transformer((8, 8), 'layer2', start=[0.5, 0.3, 0]))
    net = model.backbone
    stem = net.maxpool(net.relu(net.bn1(net.conv1(image()))))
    moved = model.transformers[0](net.layer1(stem))
    features = net.layer4(net.layer3(net.layer2[1](net.layer2[0](moved))))
    # layer2 itself was not called here, so no hook has fired
    assert_close(model(image()), (features,), **exactly)


def test_transformers_on_the_input_act_in_order(transformer):
    shift = transformer((40, 40), start=[1.0, 0.5, 0.0])
    zoom = transformer((32, 32), start=[0.5, 0.0, 0.5])
    model = build(RESNET, shift, zoom)
    first, second = model.transformers
    expected = bare(RESNET)(second(first(image())))
    assert_close(model(image()), expected, **exactly)


def test_transformers_at_one_place_act_in_order(transformer):
    shift = transformer((9, 9), 'layer2', start=[1.0, 0.5, 0.0])
    zoom = transformer((8, 8), 'layer2', start=[0.5, 0.0, 0.5])
    model, net = build(RESNET, shift, zoom), bare(RESNET)
    first, second = model.transformers
    net.layer2.register_forward_pre_hook(
        lambda module, inputs: second(first(*inputs))
    )
    assert_close(model(image()), net(image()), **exactly)


def test_transformers_at_several_places_act_each_at_its_own(transformer):
    start = [0.5, 0.3, 0.1]
    model, net = bare_and_three(transformer, start)
    first, second, third = model.transformers
    net.layer3.register_forward_pre_hook(lambda _, inputs: first(*inputs))
    net.layer2.register_forward_pre_hook(lambda _, inputs: third(*inputs))
    assert_close(model(image()), net(second(image())), **exactly)


def bare_and_three(transformer, start):
    model = build(
        RESNET,
        transformer((4, 4), 'layer3', start=start),
        transformer((32, 32), start=start),
        transformer((8, 8), 'layer2', start=start),
    )
    return model, bare(RESNET)


def twin_by_pickle(model):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize('twin', [copy.deepcopy, twin_by_pickle])
@pytest.mark.parametrize('called', [False, True])
def test_a_twin_has_transformers_of_its_own(twin, called, transformer):
    model = build(RESNET, transformer((8, 8), 'layer2'))
    before = bare(RESNET)(image())
    if called:
        model(image())
    again = twin(model)
    bias(model).data.fill_(0.5)
    assert_close(again(image()), before, atol=1e-4, rtol=1e-4)
    bias(again).data.fill_(0.5)
    assert_close(again(image()), model(image()), **exactly)
    assert (again(image())[0] - before[0]).abs().max() > 1e-3


@pytest.mark.slow
def test_compiled_it_gives_the_same(transformer):
    torch.compiler.reset()
    start = [0.5, 0.3, 0.1]
    model, _ = bare_and_three(transformer, start)
    compiled = torch.compile(model, fullgraph=True, backend='aot_eager')
    assert_close(compiled(image()), model(image()))
    compiled(image())[0].sum().backward()
    assert (bias(model, 2).grad != 0).any()


@pytest.mark.slow
def test_compiled_in_parts_it_gives_the_same(transformer):
    model = build(RESNET, transformer((8, 8), 'layer2', start=[0.5, 0.3, 0]))
    for layer in (model.backbone.layer1, model.backbone.layer3):
        layer.register_forward_hook(lambda *_: torch._dynamo.graph_break())
    expected = model(image())
    compiled = torch.compile(model, backend='eager')
    for _ in range(2):
        assert_close(compiled(image()), expected, **exactly)
    assert model._received == {}


def test_exported_it_gives_the_same(transformer):
    model, _ = bare_and_three(transformer, [0.5, 0.3, 0.1])
    # torch 2.6 traces strictly unless told not to
    exported = torch.export.export(model, (image(),), strict=False).module()
    assert_close(exported(image()), model(image()))


def test_the_average_of_a_model_uses_its_averaged_transformer(transformer):
    model = build(RESNET, transformer((8, 8), 'layer2'))
    average = ExponentialMovingAverage(model, momentum=0.5)
    average.update_parameters(model)
    bias(model).data += 0.5
    average.update_parameters(model)
    halfway = [1.25, 0.25, 0.25]
    assert_close(bias(average.module).data, torch.tensor(halfway))
    expected = build(RESNET, transformer((8, 8), 'layer2', start=halfway))
    assert_close(average(image()), expected(image()))


@pytest.mark.usefixtures('gloo')
def test_distributed_it_gives_the_same_gradients(transformer):
    model, _ = bare_and_three(transformer, [0.5, 0.3, 0.1])
    again = DistributedDataParallel(copy.deepcopy(model))
    model(image())[0].square().sum().backward()
    again(image())[0].square().sum().backward()
    gradients = [[p.grad for p in m.parameters()] for m in (model, again)]
    assert_close(*gradients)
    assert (bias(again.module, 2).grad != 0).any()


def test_recomputed_activations_give_the_same_gradients(transformer):
    inserted = [
        transformer((8, 8), 'layer1.1.conv2', start=[0.5, 0.3, 0.1]),
        transformer((8, 8), 'layer2.0', start=[0.5, 0.3, 0.1]),
    ]
    stored = build(RESNET, *inserted)
    recomputed = build(dict(**RESNET, with_cp=True), *inserted)
    stored(image())[0].square().sum().backward()
    first, _ = recomputed(image()), recomputed(2 * image())
    first[0].square().sum().backward()  # after another forward pass
    gradients = [
        [p.grad for p in m.parameters()] for m in (stored, recomputed)
    ]
    assert_close(*gradients)
    assert (bias(recomputed).grad != 0).any()


def test_a_failed_pass_leaves_the_transformers_in_place(transformer):
    model = build(RESNET, transformer((8, 8), 'layer2', start=[0.5, 0, 0]))
    expected = model(image())
    with pytest.raises(RuntimeError, match='expected input'):
        model(image()[:, :1])
    assert_close(model.backbone(image()), expected, **exactly)


def test_threads_at_once_give_what_one_gives(transformer):
    zoom = transformer((8, 8), 'layer2', start=[0.5, 0.3, 0.1])
    model = build(RESNET, zoom)
    sources = image().split(1)
    expected = [model(source) for source in sources]
    together = Barrier(2)

    def wait(*_):
        together.wait(timeout=60)

    model.backbone.layer1.register_forward_hook(wait)
    with ThreadPoolExecutor(2) as pool:
        features = list(pool.map(model, sources))
    assert_close(features, expected, **exactly)


def test_the_backbone_alone_still_transforms(transformer):
    model = build(RESNET, transformer((8, 8), 'layer2', start=[0.5, 0, 0]))
    expected = model(image())
    assert_close(model.backbone(image()), expected, **exactly)


def test_out_indices_are_those_of_the_backbone(transformer):
    model = build(dict(RESNET, out_indices=(1, 3)), transformer((32, 32)))
    assert model.out_indices == (1, 3)
    assert len(model(image())) == 2


def test_parts_may_be_modules(transformer):
    start = [0.5, 0.3, 0.1]
    model, _ = bare_and_three(transformer, start)
    modules = [
        dict(before='layer3', transformer=model.transformers[0]),
        model.transformers[1],
        dict(before='layer2', transformer=model.transformers[2]),
    ]
    again = build(bare(RESNET), *modules)
    assert again.transformers[1] is model.transformers[1]
    assert_close(again(image()), model(image()), **exactly)


PLAIN = dict(type='mmstn.PlainNet', size=(8, 8), steps=[])


@pytest.mark.parametrize('mode', ['train', 'eval'])
@pytest.mark.parametrize(
    ('place', 'who'),
    [
        (None, r'transformers\[1\]: Localisation, trunk: PlainNet'),
        (
            'layer2',
            r"transformers\[1\] before 'layer2': Localisation, trunk: ",
        ),
    ],
)
def test_a_localiser_of_another_size_says_whose_it_is(
    mode, place, who, transformer
):
    wrong = transformer((8, 8), place)
    wrong['localisation'] = dict(trunk=PLAIN)
    model = build(RESNET, transformer((32, 32)), wrong)
    getattr(model, mode)()
    with pytest.raises(ValueError, match=f'^STNBackbone, {who}.*built for '):
        model(image())


def test_a_backbone_of_another_size_is_no_localiser(transformer):
    model = build(PLAIN, transformer((32, 32)))
    with pytest.raises(ValueError, match='^PlainNet: built for sources'):
        model(image())


@pytest.mark.parametrize(
    ('place', 'size'), [(None, (32, 32)), ('stage_2', (8, 8))]
)
def test_branches_are_fused_as_those_of_the_backbone(place, size, transformer):
    zoom = transformer(size, place, start=[0.5, 0.3, 0.1])
    model = build(dict(type='RepVGG', arch='A0'), zoom)
    expected = model(image())
    model.switch_to_deploy()
    assert model.backbone.deploy
    assert_close(model(image()), expected, atol=1e-4, rtol=1e-4)

"""Laws of N transformers, each before a stream of its own."""

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from mmpretrain.registry import MODELS
from torch import nn
from torch.testing import assert_close

import mmstn

RESNET = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8)
VIT = dict(
    type='VisionTransformer',
    img_size=32,
    arch=dict(
        embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32
    ),
)
exactly = dict(atol=0, rtol=0)


def image(batch=2, side=64):
    torch.manual_seed(0)
    return torch.rand(batch, 3, side, side)


def config(backbone=RESNET, number=3, trunk=None, **kwargs):
    """Streams that see 32x32 pixels each of a source of 64x64."""
    trunk = trunk or dict(
        type='mmstn.LocalisationTrunk',
        backbone=RESNET,
        in_channels=64,
        size=(1, 1),
        channels=8,
        downsample=2,
    )
    return dict(
        type='mmstn.ParallelSTNBackbone',
        backbone=backbone,
        transformer=dict(
            type='mmstn.ParallelSpatialTransformer',
            num_transformers=number,
            localisation=dict(trunk=trunk, in_features=8),
            grid=dict(type='mmstn.TranslationGrid', size=(32, 32), scale=0.5),
        ),
        **kwargs,
    )


def build(**kwargs):
    torch.manual_seed(0)
    return MODELS.build(config(**kwargs))


def classifier(backbone, seed=0):
    torch.manual_seed(seed)
    return MODELS.build(dict(type='ImageClassifier', backbone=backbone))


def test_the_last_stage_of_each_stream_is_given():
    one = build()
    several = build(backbone=dict(RESNET, out_indices=(1, 3)))
    several.load_state_dict(one.state_dict())
    one.eval(), several.eval()
    assert_close(several(image()), one(image()), **exactly)


@pytest.mark.parametrize('shared', [False, True])
@pytest.mark.parametrize('batch', [1, 2])
def test_each_stream_gets_the_output_of_its_transformer(shared, batch):
    model = build(shared=shared)
    model.eval()
    views = model.transformer(image(batch)).chunk(3, dim=1)
    streams = list(model.streams) * (3 if shared else 1)
    expected = tuple(
        stream(view)[-1] for stream, view in zip(streams, views, strict=True)
    )
    found = model(image(batch))
    assert_close(found, expected, **exactly)
    assert (found[0] - found[1]).abs().max() > 1e-3


def test_streams_have_weights_of_their_own_unless_shared():
    weights = [
        sum(p.numel() for p in build(shared=shared).streams.parameters())
        for shared in (False, True)
    ]
    assert weights[0] == 3 * weights[1]


def test_shared_streams_take_the_batch_statistics_of_each_view():
    model = build(shared=True)
    model.train()
    model(image())
    bare = build(shared=True).streams[0]
    bare.train()
    for view in model.transformer(image()).chunk(3, dim=1):
        bare(view)
    assert_close(model.streams[0].bn1.running_mean, bare.bn1.running_mean)
    assert model.streams[0].bn1.num_batches_tracked == 3


@pytest.mark.parametrize('shared', [False, True])
def test_every_parameter_gets_a_gradient(shared):
    model = build(shared=shared)
    sum(part.square().sum() for part in model(image())).backward()
    regressor = model.transformer.localisation.regressor
    assert all(p.grad is not None for p in model.parameters())
    assert (regressor.bias.grad != 0).all()


@pytest.mark.usefixtures('gloo')
@pytest.mark.parametrize('shared', [False, True])
def test_distributed_it_gives_the_same_gradients(shared):
    model, again = build(shared=shared), build(shared=shared)
    for network in (model, MMDistributedDataParallel(again)):
        sum(p.square().sum() for p in network(image())).backward()
    assert_close(
        [p.grad for p in again.parameters()],
        [p.grad for p in model.parameters()],
    )


def test_a_single_transformer_is_refused():
    cfg = config()
    cfg['transformer']['type'] = 'mmstn.SpatialTransformer'
    del cfg['transformer']['num_transformers']
    with pytest.raises(TypeError, match='must be a mmstn.ParallelSpatial'):
        MODELS.build(cfg)


def test_a_checkpoint_loads_where_a_trunk_is_lazy():
    def lazy():
        trunk = nn.Sequential(nn.Flatten(), nn.LazyLinear(8))
        grid = mmstn.AffineGrid((32, 32))
        look = mmstn.ParallelSpatialTransformer(2, trunk, grid)
        return mmstn.ParallelSTNBackbone(RESNET, look).eval()

    model, again = lazy(), lazy()
    expected = model(image())
    again.load_state_dict(model.state_dict())
    assert_close(again(image()), expected, **exactly)


@pytest.mark.parametrize('shared', [False, True])
@pytest.mark.parametrize('within', [False, True])
def test_a_bare_checkpoint_loads_into_every_stream_and_the_trunk(
    shared, within
):
    bare = classifier(RESNET, seed=1)
    trunk = None if within else RESNET
    model = classifier(config(shared=shared, trunk=trunk))
    missing, unexpected = model.load_state_dict(bare.state_dict(), False)
    state = bare.backbone.state_dict()
    for stream in model.backbone.streams:
        assert_close(stream.state_dict(), state, **exactly)
    trunk = model.backbone.transformer.localisation.trunk
    trunk = trunk.backbone if within else trunk
    assert_close(trunk.state_dict(), state, **exactly)
    own = ('regressor', 'reduce', 'fc')
    assert unexpected == []
    assert {name.split('.')[-2] for name in missing} <= set(own)


def test_another_network_as_trunk_is_left_alone():
    bare = classifier(RESNET, seed=1)
    trunk = dict(RESNET, depth=34)
    model = classifier(config(trunk=trunk)).backbone
    before = model.transformer.state_dict()
    before = {name: value.clone() for name, value in before.items()}
    model.load_state_dict(bare.backbone.state_dict(), strict=False)
    assert_close(model.transformer.state_dict(), before, **exactly)
    assert_close(model.streams[2].state_dict(), bare.backbone.state_dict())


def test_init_cfg_loads_a_bare_checkpoint(tmp_path):
    bare = classifier(RESNET, seed=1)
    path = str(tmp_path / 'bare.pth')
    torch.save(dict(state_dict=bare.state_dict()), path)
    init_cfg = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    model = build(init_cfg=init_cfg)
    model.init_weights()
    expected = bare.backbone.state_dict()
    assert_close(model.streams[1].state_dict(), expected, **exactly)
    assert not model.transformer.localisation.regressor.weight.any()


def test_its_own_checkpoint_loads_strictly():
    trained = classifier(config(), seed=1)
    model = classifier(config())
    model.load_state_dict(trained.state_dict(), strict=True)
    assert_close(model.state_dict(), trained.state_dict(), **exactly)


def test_layers_keep_their_learning_rates():
    def layers(model):
        optimizer = build_optim_wrapper(
            model,
            dict(
                constructor='LearningRateDecayOptimWrapperConstructor',
                optimizer=dict(type='AdamW', lr=1.0, weight_decay=0.1),
                paramwise_cfg=dict(layer_decay_rate=0.5),
            ),
        ).optimizer
        return {g['param_name']: g['layer_id'] for g in optimizer.param_groups}

    bare = layers(classifier(VIT))
    found = layers(classifier(config(VIT, trunk=dict(RESNET))))
    stream = 'backbone.streams.2.'
    assert bare == {
        name.replace(stream, 'backbone.'): layer
        for name, layer in found.items()
        if name.startswith(stream)
    }
    added = {found[name] for name in found if '.transformer.' in name}
    assert added == {max(bare.values())}


def test_only_what_the_backbone_has_is_offered():
    model = build(backbone=dict(type='MobileOne', arch='s0'), number=1)
    assert not hasattr(model, 'get_layer_depth')
    assert not hasattr(model, '_checkpoint_filter')
    assert hasattr(model, 'switch_to_deploy')
    assert not hasattr(build(), 'switch_to_deploy')


@pytest.mark.slow
@pytest.mark.parametrize(
    'backbone',
    [dict(type='MobileOne', arch='s0'), dict(type='RepVGG', arch='A0')],
    ids=lambda backbone: backbone['type'],
)
def test_the_branches_of_every_stream_are_fused(backbone):
    model = build(backbone=backbone).eval()
    model.streams.double()
    model.transformer.register_forward_hook(lambda *call: call[-1].double())
    expected = model(image())
    model.switch_to_deploy()
    assert all(stream.deploy for stream in model.streams)
    assert_close(model(image()), expected)


@pytest.mark.parametrize('shared', [False, True])
def test_parts_may_be_modules(shared):
    model = build(shared=shared)
    again = MODELS.build(
        dict(
            type='mmstn.ParallelSTNBackbone',
            backbone=model.streams[0],
            transformer=model.transformer,
            shared=shared,
        )
    )
    assert again.transformer is model.transformer
    assert len(set(again.streams)) == (1 if shared else 3)
    for stream in again.streams:
        expected = model.streams[0].state_dict()
        assert_close(stream.state_dict(), expected, **exactly)


def test_out_indices_number_the_streams():
    model = build(shared=True)
    assert model.out_indices == (0, 1, 2)
    assert len(model(image())) == 3


def test_streams_that_return_a_tensor_keep_the_batch():
    torch.manual_seed(0)
    net = MODELS.build(config())
    net.streams = nn.ModuleList([nn.Conv2d(3, 4, 3)] * 3)
    image_of_two = image()
    outputs = net(image_of_two)
    assert [output.shape for output in outputs] == [(2, 4, 30, 30)] * 3

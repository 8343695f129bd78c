"""Checkpoints of a bare model load into a wrapped one, and back again."""

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.runner import Runner, load_checkpoint
from mmpretrain.registry import MODELS
from torch.testing import assert_close

from mmstn.registry import MODELS as OURS

RESNET = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8)
VIT = dict(
    type='VisionTransformer',
    img_size=32,
    arch=dict(
        embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32
    ),
)
exactly = dict(atol=0, rtol=0)


def classifier(backbone, seed=0, channels=64, **kwargs):
    torch.manual_seed(seed)
    head = dict(type='LinearClsHead', num_classes=3, in_channels=channels)
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=backbone,
            neck=dict(type='GlobalAveragePooling'),
            head=head,
            **kwargs,
        )
    )
    model.eval()
    return model


def features(model, size=32):
    torch.manual_seed(0)
    return model.extract_feat(torch.rand(2, 3, size, size), stage='backbone')


def save(model, path):
    torch.save(dict(meta={}, state_dict=model.state_dict()), path)
    return str(path)


@pytest.fixture
def around(transformer):
    """Wrap the config of a backbone, inside and out."""

    def wrap(backbone, **kwargs):
        inserted = [transformer((32, 32))]
        if backbone['type'] == 'ResNet':
            inserted.append(transformer((8, 8), 'layer2.0'))
        return dict(
            type='mmstn.STNBackbone',
            backbone=backbone,
            transformers=inserted,
            **kwargs,
        )

    return wrap


@pytest.fixture
def checkpoint(tmp_path):
    return save(classifier(RESNET, seed=1), tmp_path / 'bare.pth')


def check_loaded(model):
    expected = classifier(RESNET, seed=1).backbone.state_dict()
    found = model.backbone.backbone.state_dict()
    assert_close(found, expected, **exactly)
    theta = model.backbone.transformers[1].localisation.regressor.bias
    assert_close(theta.data, torch.tensor([1.0, 0, 0]), **exactly)


@pytest.mark.slow
def test_a_bare_checkpoint_loads_by_load_from(around, checkpoint, tmp_path):
    runner = Runner(
        classifier(around(RESNET)),
        str(tmp_path),
        load_from=checkpoint,
        experiment_name='load_from',
        default_scope='mmpretrain',
    )
    runner.load_or_resume()
    check_loaded(runner.model)
    bare = classifier(RESNET, seed=1)
    assert_close(runner.model.head.state_dict(), bare.head.state_dict())
    assert_close(features(runner.model), features(bare), atol=1e-4, rtol=1e-4)


def test_a_bare_checkpoint_loads_by_init_cfg_on_the_classifier(
    around, checkpoint
):
    init_cfg = dict(type='Pretrained', checkpoint=checkpoint)
    model = classifier(around(RESNET), init_cfg=init_cfg)
    model.init_weights()
    check_loaded(model)


def test_a_bare_checkpoint_loads_by_init_cfg_on_the_wrapper(
    around, checkpoint
):
    init_cfg = dict(
        type='Pretrained', checkpoint=checkpoint, prefix='backbone.'
    )
    model = classifier(around(RESNET, init_cfg=init_cfg))
    model.init_weights()
    check_loaded(model)


def test_a_bare_checkpoint_loads_by_init_cfg_on_the_inner_backbone(
    around, checkpoint
):
    init_cfg = dict(
        type='Pretrained', checkpoint=checkpoint, prefix='backbone.'
    )
    model = classifier(around(dict(**RESNET, init_cfg=init_cfg)))
    model.init_weights()
    check_loaded(model)


def test_only_the_transformers_are_missing_from_a_bare_checkpoint(around):
    model = classifier(around(RESNET))
    state = classifier(RESNET, seed=1).state_dict()
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert unexpected == []
    assert {name.split('.')[1] for name in missing} == {'transformers'}
    check_loaded(model)


def test_a_bare_backbone_loads_into_the_wrapper_itself(around):
    model = classifier(around(RESNET))
    state = classifier(RESNET, seed=1).backbone.state_dict()
    model.backbone.load_state_dict(state, strict=False)
    check_loaded(model)


def test_a_checkpoint_wrapped_twice_takes_a_bare_one(around):
    model = MODELS.build(around(around(RESNET)))
    state = classifier(RESNET, seed=1).backbone.state_dict()
    model.load_state_dict(state, strict=False)
    assert_close(model.backbone.backbone.state_dict(), state, **exactly)


def test_the_state_that_was_given_is_left_alone(around):
    state = classifier(RESNET, seed=1).state_dict()
    names = list(state)
    classifier(around(RESNET)).load_state_dict(state, strict=False)
    assert list(state) == names


def test_a_wrapped_checkpoint_loads_back_strictly(around, tmp_path):
    trained = classifier(around(RESNET), seed=1)
    regressor = trained.backbone.transformers[1].localisation.regressor
    regressor.bias.data += 0.1
    path = save(trained, tmp_path / 'wrapped.pth')
    model = classifier(around(RESNET))
    load_checkpoint(model, path, strict=True)
    assert_close(model.state_dict(), trained.state_dict(), **exactly)
    assert_close(features(model), features(trained), **exactly)


def test_a_checkpoint_of_the_transformers_alone_loads(around):
    trained = classifier(around(RESNET), seed=1)
    trained.backbone.transformers[0].localisation.regressor.bias.data += 0.1
    state = {
        name: value
        for name, value in trained.state_dict().items()
        if name.startswith('backbone.transformers.')
    }
    model = classifier(around(RESNET))
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert unexpected == []
    assert not state.keys() & set(missing)
    found = model.backbone.transformers.state_dict()
    expected = trained.backbone.transformers.state_dict()
    assert_close(found, expected, **exactly)


def test_surplus_keys_of_a_wrapped_checkpoint_keep_their_names(around):
    model = classifier(around(RESNET))
    state = model.state_dict() | {'backbone.backbone.extra': torch.ones(1)}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert missing == []
    assert unexpected == ['backbone.backbone.extra']


def test_position_embeddings_still_resize(around):
    state = classifier(VIT, seed=1, channels=16).state_dict()
    larger = VIT | dict(img_size=64)
    bare = classifier(larger, channels=16)
    bare.load_state_dict(state)
    model = classifier(around(larger), channels=16)
    model.load_state_dict(state, strict=False)
    assert model.backbone.backbone.pos_embed.shape == (1, 17, 16)
    found = model.backbone.backbone.state_dict()
    assert_close(found, bare.backbone.state_dict(), **exactly)


def layers(model):
    """Return the layer and the rate of every parameter."""
    wrapper = build_optim_wrapper(
        model,
        dict(
            constructor='LearningRateDecayOptimWrapperConstructor',
            optimizer=dict(type='AdamW', lr=1.0, weight_decay=0.1),
            paramwise_cfg=dict(layer_decay_rate=0.5),
        ),
    )
    return {
        group['param_name']: (group['layer_id'], group['lr'])
        for group in wrapper.optimizer.param_groups
    }


def test_layers_keep_their_learning_rates(around):
    bare = layers(classifier(VIT, channels=16))
    wrapped = layers(classifier(around(VIT), channels=16))
    inner = 'backbone.backbone.'
    found = {
        name.replace(inner, 'backbone.'): layer
        for name, layer in wrapped.items()
        if 'transformers' not in name
    }
    assert found == bare
    assert {layer for layer, _ in bare.values()} == {0, 1, 2, 3}
    added = {wrapped[name] for name in wrapped if 'transformers' in name}
    assert added == {(3, 1.0)}


@OURS.register_module()
class ForeignNames(OURS.get('mmstn.PlainNet')):
    """A backbone that reads checkpoints of another library."""

    def __init__(self):
        super().__init__((32, 32), [dict(fc=4)], in_channels=3)

    def _checkpoint_filter(self, state_dict, prefix, *args):
        for name in list(state_dict):
            ours = name.replace('foreign.', 'backbone.steps.')
            state_dict[ours] = state_dict.pop(name)


def test_checkpoints_of_another_library_are_still_understood(around):
    model = classifier(around(dict(type='mmstn.ForeignNames')), channels=4)
    bias = torch.arange(4.0)
    model.load_state_dict({'foreign.fc1.bias': bias}, strict=False)
    assert_close(model.backbone.backbone.steps.fc1.bias.data, bias)


@pytest.mark.parametrize(
    ('backbone', 'has'),
    [
        (VIT, 'get_layer_depth'),
        (dict(type='VGG', depth=11), None),
        (dict(type='mmstn.ForeignNames'), '_checkpoint_filter'),
        (dict(type='RepVGG', arch='A0'), 'switch_to_deploy'),
    ],
    ids=lambda value: value['type'] if isinstance(value, dict) else value,
)
def test_only_what_the_backbone_has_is_offered(backbone, has, around):
    model = MODELS.build(around(backbone))
    for name in ('get_layer_depth', '_checkpoint_filter', 'switch_to_deploy'):
        assert hasattr(model, name) == (name == has)

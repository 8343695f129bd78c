"""Losses on theta: added, with a gradient, whatever trains the network."""

import copy
import pickle

import pytest
import third_parties  # noqa: F401  registers mmstn.TwoSteps
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmpretrain.models.tta import AverageClsScoreTTA
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from small_transformer import small_transformer
from tiny_run import trained
from torch.testing import assert_close
from torch.utils.checkpoint import checkpoint

LOSSES = [
    dict(type='mmstn.OutsideLoss', weight=2.0),
    dict(type='mmstn.IdentityLoss', weight=0.5),
]
NAMES = {'loss_outside', 'loss_identity'}
ASIDE = small_transformer(start=(1.0, 0.5, 0.0))
exactly = dict(atol=0, rtol=0)


def config(
    *transformers,
    theta_losses=LOSSES,
    kind='mmstn.STNClassifier',
    **others,
):
    net = dict(type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=6)])
    backbone = dict(
        type='mmstn.STNBackbone',
        backbone=net,
        transformers=list(transformers or [ASIDE]),
    )
    cfg = dict(
        type=kind,
        backbone=backbone if transformers != (None,) else net,
        head=dict(type='LinearClsHead', num_classes=3, in_channels=6),
        **others,
    )
    if kind == 'mmstn.STNClassifier':
        cfg['theta_losses'] = theta_losses
    return cfg


def build(*transformers, **others):
    """Build a classifier whose thetas depend on the images."""
    torch.manual_seed(0)
    model = MODELS.build(config(*transformers, **others))
    for name, parameter in model.named_parameters():
        if name.endswith('regressor.weight'):
            torch.nn.init.normal_(parameter, std=0.02)
    return model


def batch(size=4):
    images = torch.rand(size, 1, 8, 8, generator=torch.manual_seed(1))
    return images, [DataSample().set_gt_label(i % 3) for i in range(size)]


def losses_of(model, *args):
    return model(*(args or batch()), mode='loss')


def gradients(model, losses):
    model.zero_grad()
    sum(losses.values()).backward()
    return {n: p.grad.clone() for n, p in model.named_parameters()}


def test_losses_on_theta_are_beside_those_of_the_head():
    model = build()
    losses = losses_of(model)
    assert losses.keys() == {'loss', *NAMES}
    theta = model.backbone.transformers[0].localisation(batch()[0])
    start = torch.tensor([1.0, 0.5, 0.0])
    expected = 0.5 * (theta - start).square().mean()
    assert_close(losses['loss_identity'], expected)
    points = model.backbone.transformers[0].grid.read_points(theta)
    outside = (points.abs() - 1).clamp(min=0).sum(-1).mean()
    assert_close(losses['loss_outside'], 2 * outside)


@pytest.mark.parametrize(
    'others',
    [
        dict(),
        dict(num_transformers=2, starts=[(0.1, 0.2, 0), (0.1, 0, 0)]),
        dict(deviation=0.01),
        dict(num_steps=2),
    ],
    ids=['single', 'parallel', 'probabilistic', 'iterative'],
)
def test_a_config_line_adds_a_loss_to_any_transformer(others):
    small = {'start': (0.1, 0.2, 0.0), **others}
    if 'starts' in others:
        small.pop('start')
    count = others.get('num_transformers', 1)
    model = config(
        small_transformer(**small),
        theta_losses=[dict(type='mmstn.ConsistencyLoss')],
    )
    model['backbone']['backbone']['in_channels'] = count
    model = MODELS.build(model)
    losses = losses_of(model)
    key = 'loss_consistency'
    assert losses.keys() == {'loss', key}
    (weight,) = (
        parameter
        for parameter_name, parameter in model.named_parameters()
        if parameter_name.endswith('regressor.weight')
    )
    (gradient,) = torch.autograd.grad(losses[key], [weight])
    assert losses[key] > 0
    assert gradient.abs().sum() > 0


def test_losses_on_theta_reach_the_localiser():
    model = build()
    losses = losses_of(model)
    del losses['loss']
    sum(losses.values()).backward()
    localisation = model.backbone.transformers[0].localisation
    assert (localisation.regressor.bias.grad != 0).all()
    assert all(p.grad is None for p in model.head.parameters())


def test_without_them_it_is_the_classifier_of_mmpretrain(tmp_path):
    plain = config(kind='ImageClassifier')
    ours, theirs = (
        trained(tmp_path, name, model=cfg).model.state_dict()
        for name, cfg in (('ours', config(theta_losses=[])), ('plain', plain))
    )
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


MIXED = dict(augments=[dict(type=t, alpha=1.0) for t in ('Mixup', 'CutMix')])


@pytest.mark.parametrize('train_cfg', [None, MIXED], ids=['plain', 'mixed'])
def test_a_weight_of_zero_changes_nothing_in_a_run(tmp_path, train_cfg):
    silent = [dict(loss, weight=0.0) for loss in LOSSES]
    with_it = config(theta_losses=silent, train_cfg=train_cfg)
    plain = config(kind='ImageClassifier', train_cfg=train_cfg)
    states = []
    for name, cfg in (('ours', with_it), ('plain', plain)):
        cfg['head']['loss'] = dict(
            type='CrossEntropyLoss', use_soft=train_cfg is not None
        )
        runner = trained(
            tmp_path,
            name,
            model=copy.deepcopy(cfg),
            data_preprocessor=dict(
                type='ClsDataPreprocessor', mean=[9], std=[9], num_classes=3
            ),
        )
        states.append(runner.model.state_dict())
    ours, theirs = states
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(
    'transformer',
    [
        small_transformer('TranslationGrid', num_transformers=2, scale=0.5),
        small_transformer(before='steps.fc1', source=(8, 8))
        | dict(before='steps.flatten'),
        small_transformer(start=(0.5, 0, 0)) | dict(type='mmstn.TwoSteps'),
    ],
    ids=['parallel', 'inside', 'two steps'],
)
def test_every_kind_of_transformer_has_them(transformer):
    if 'num_transformers' in transformer:
        second = dict(type='mmstn.PlainNet', size=(8, 8), in_channels=2)
        cfg = config(transformer)
        cfg['backbone']['backbone'] = second | dict(steps=[dict(fc=6)])
        model = MODELS.build(cfg)
    else:
        model = build(transformer)
    losses = losses_of(model)
    assert losses.keys() == {'loss', *NAMES}
    assert all(loss.isfinite() for loss in losses.values())


def test_of_two_steps_the_composed_theta_counts():
    step = small_transformer(start=(2.0, 0, 0)) | dict(type='mmstn.TwoSteps')
    torch.manual_seed(0)
    losses = losses_of(MODELS.build(config(step)))
    assert_close(losses['loss_identity'], torch.tensor(0.5 * 4 / 3))


@pytest.mark.parametrize(
    'twin',
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=['deepcopy', 'pickle'],
)
def test_a_twin_collects_its_own(twin):
    model = build()
    expected = gradients(model, losses_of(model))
    again = twin(model)
    model.zero_grad()
    assert_close(gradients(again, losses_of(again)), expected)
    assert all(p.grad is None for p in model.parameters())


def test_nothing_is_kept_after_a_pass():
    model = build()
    losses_of(model)
    assert model._readings is None
    with pytest.raises(ValueError, match='PlainNet: built for'):
        losses_of(model, torch.rand(4, 1, 5, 5), batch()[1])
    assert model._readings is None


def test_predictions_have_no_losses_and_keep_nothing():
    model = build().eval()
    plain = build(kind='ImageClassifier').eval()
    plain.load_state_dict(model.state_dict())
    found = model(*batch(), mode='predict')
    expected = plain(*batch(), mode='predict')
    assert_close(found[0].pred_score, expected[0].pred_score, **exactly)
    assert model._readings is None


def test_augmented_in_test_it_predicts_the_same():
    model, data = build().eval(), batch()
    merged = AverageClsScoreTTA(model)
    views = dict(
        inputs=[data[0] * 255] * 2,
        data_samples=[copy.deepcopy(data[1]) for _ in range(2)],
    )
    found = merged.test_step(views)
    expected = model.test_step(
        dict(inputs=views['inputs'][0], data_samples=data[1])
    )
    assert_close(found[1].pred_score, expected[1].pred_score)
    assert model._readings is None


def test_autocast_leaves_the_losses_in_float32():
    model = MODELS.build(config())
    expected = losses_of(model)
    with torch.autocast('cpu', torch.bfloat16):
        found = losses_of(model)
    for name in NAMES:
        assert_close(found[name], expected[name], **exactly)


def test_accumulated_gradients_are_those_of_the_whole_batch():
    whole, halves = build(), build()
    images, samples = batch()
    for model, parts, count in (
        (whole, [slice(None)], 1),
        (halves, [slice(0, 2), slice(2, 4)], 2),
    ):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        wrapper = OptimWrapper(optimizer, accumulative_counts=count)
        for part in parts:
            data = dict(inputs=images[part], data_samples=samples[part])
            model.train_step(data, wrapper)
    assert_close(halves.state_dict(), whole.state_dict())


class Checkpointed(torch.nn.Module):
    """A backbone that is computed again in the backward pass."""

    def __init__(self, inner, use_reentrant):
        super().__init__()
        self.inner, self.use_reentrant = inner, use_reentrant

    def forward(self, source):
        source = source.requires_grad_()
        return checkpoint(self.inner, source, use_reentrant=self.use_reentrant)


def test_a_recomputed_pass_does_not_count():
    model = build()
    expected = gradients(model, losses_of(model))
    model.backbone = Checkpointed(model.backbone, use_reentrant=False)
    found = gradients(model, losses_of(model))
    found = {name.replace('.inner', ''): g for name, g in found.items()}
    assert_close(found, expected)
    assert model._readings is None


def test_a_theta_without_a_gradient_is_refused():
    model = build()
    model.backbone = Checkpointed(model.backbone, use_reentrant=True)
    message = 'theta of backbone.transformers.0 has no gradient.*Reentrant'
    with pytest.raises(ValueError, match=message):
        losses_of(model)


def test_a_frozen_localiser_is_not_refused():
    model = build()
    model.backbone.transformers.requires_grad_(False)
    assert losses_of(model)['loss_outside'] > 0


@pytest.mark.slow
def test_compiled_it_trains_the_same(tmp_path):
    short = dict(train_cfg=dict(by_epoch=False, max_iters=2, val_interval=9))
    compiled = dict(compile=dict(backend='eager'))
    torch.compiler.reset()
    found, expected = (
        trained(tmp_path, name, model=config(), cfg=cfg, **short).model
        for name, cfg in (('compiled', compiled), ('eager', {}))
    )
    torch.compiler.reset()
    assert_close(found.state_dict(), expected.state_dict())
    start = MODELS.build(config()).backbone.transformers[0].localisation
    moved = found.backbone.transformers[0].localisation.regressor.bias
    assert (moved - start.regressor.bias).abs().max() > 1e-3


def gradients_of_half(rank, folder):
    """Write the gradients of one of two processes, of half a batch."""
    torch.distributed.init_process_group(
        'gloo', f'file://{folder}/meet', rank=rank, world_size=2
    )
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MMDistributedDataParallel(build())
    images, samples = batch()
    half = slice(2 * rank, 2 * rank + 2)
    losses = model(images[half], samples[half], mode='loss')
    found = gradients(model.module, losses)
    torch.save(found, f'{folder}/{rank}.pth')
    del model, losses  # else these end gloo's threads, and hold the GIL
    torch.distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.dist
def test_two_processes_find_the_gradients_of_the_whole_batch(tmp_path):
    torch.multiprocessing.spawn(gradients_of_half, (str(tmp_path),), 2)
    model = build()
    expected = gradients(model, losses_of(model))
    for rank in range(2):
        found = torch.load(tmp_path / f'{rank}.pth')
        assert_close(found, expected)


def test_losses_without_a_transformer_are_refused():
    with pytest.raises(ValueError, match='STNClassifier: found no Spatial'):
        MODELS.build(config(None))


def test_two_losses_of_one_name_are_refused():
    message = 'each of theta_losses needs its own name.*outside, loss_outside'
    with pytest.raises(ValueError, match=message):
        MODELS.build(config(theta_losses=LOSSES[:1] * 2))


def test_one_loss_needs_no_list_and_another_kind_is_refused():
    model = MODELS.build(config(theta_losses=LOSSES[0]))
    assert len(model.theta_losses) == 1
    with pytest.raises(ValueError, match='on theta, .* a CrossEntropyLoss'):
        MODELS.build(config(theta_losses=[dict(type='CrossEntropyLoss')]))


@pytest.mark.parametrize('weight', ['1', None, float('nan'), True], ids=repr)
def test_an_unusable_weight_is_refused(weight):
    losses = [dict(type='mmstn.OutsideLoss', weight=weight)]
    with pytest.raises(ValueError, match='weight must be a finite number'):
        MODELS.build(config(theta_losses=losses))


def test_a_transformer_that_samples_nothing_is_said():
    model = build()
    model.backbone = model.backbone.backbone
    with pytest.raises(ValueError, match='no transformer sampled anything'):
        losses_of(model)

"""Predictions over draws of theta: the mean probabilities of any head."""

import copy
import math
import pickle

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from small_transformer import small_transformer
from tiny_run import trained
from torch.testing import assert_close

from mmstn.models.thread import COMPILED
from mmstn.models.transformer.probabilistic import drawing

DRAWN = small_transformer(deviation=0.3)
SURE = small_transformer()
HEADS = {
    'linear': dict(type='LinearClsHead', num_classes=3, in_channels=6),
    'sequence': dict(type='mmstn.DigitSequenceHead', in_channels=6),
    'streams': dict(
        type='mmstn.ParallelSTHead',
        num_classes=3,
        in_channels=6,
        stream_losses=[1.0, 1.0],
    ),
    'multi-label': dict(
        type='MultiLabelLinearClsHead', num_classes=3, in_channels=6, thr=0.5
    ),
    'multi-label, topk': dict(
        type='MultiLabelLinearClsHead', num_classes=3, in_channels=6, topk=2
    ),
}
exactly = dict(atol=0, rtol=0)
near = dict(atol=0, rtol=0.1)


def config(*transformers, head='linear', num_draws=10, **others):
    net = dict(type='mmstn.PlainNet', size=(8, 8), steps=[dict(fc=6)])
    return dict(
        type='mmstn.STNClassifier',
        backbone=dict(
            type='mmstn.STNBackbone',
            backbone=net,
            transformers=list(transformers or [DRAWN]),
        ),
        head=HEADS[head],
        num_draws=num_draws,
        **others,
    )


def build(*transformers, **others):
    """Build a classifier that is sure of what it sees, in evaluation."""
    torch.manual_seed(0)
    model = MODELS.build(config(*transformers, **others)).eval()
    for name, parameter in model.head.named_parameters():
        if name.endswith('weight'):
            torch.nn.init.normal_(parameter, std=5)
    return model


def images(size=4):
    return torch.rand(
        size, 1, 8, 8, generator=torch.Generator().manual_seed(1)
    )


def predicted(model, field='pred_score', inputs=None):
    inputs = images() if inputs is None else inputs
    return [s.get(field) for s in model(inputs, mode='predict')]


def scores(model, inputs=None):
    return torch.stack(predicted(model, inputs=inputs))


def drawn_scores(model, field='pred_score'):
    """What each draw on its own predicts, ``(S, B, ...)``."""
    every = []
    localisers = model.drawn_localisers()
    for index in range(10):
        with drawing(localisers, (model.seed, index)):
            predictions = model.head.predict(model.extract_feat(images()))
        every.append(torch.stack([s.get(field) for s in predictions]))
    return torch.stack(every)


@pytest.mark.parametrize('head', HEADS)
def test_probabilities_of_any_head_are_averaged(head):
    model = build(head=head)
    each = drawn_scores(model)
    assert each.std(0).max() > 0.05
    assert_close(scores(model), each.mean(0))
    log_mean_exp = each.log().logsumexp(0) - torch.tensor(10.0).log()
    assert_close(scores(model).log(), log_mean_exp)


@pytest.mark.parametrize('head', ['linear', 'sequence'])
def test_the_label_is_the_most_probable_one_of_the_mean(head):
    model = build(head=head)
    label = torch.stack(predicted(model, 'pred_label'))
    most = scores(model).argmax(-1).view_as(label)
    assert_close(label, most, **exactly)
    of_each = drawn_scores(model).argmax(-1).view(-1, *label.shape)
    assert (label != of_each).any()


def test_streams_are_averaged_too():
    model = build(head='streams')
    found = torch.stack(predicted(model, 'stream_scores'))
    assert_close(found, drawn_scores(model, 'stream_scores').mean(0))
    labels = torch.stack(predicted(model, 'stream_labels'))
    assert_close(labels, found.argmax(-1), **exactly)


def test_labels_above_a_threshold_are_those_of_the_mean():
    model = build(head='multi-label')
    for score, label in zip(
        scores(model), predicted(model, 'pred_label'), strict=True
    ):
        assert_close(label, torch.where(score >= 0.5)[0], **exactly)


def test_the_most_probable_labels_are_those_of_the_mean():
    model = build(head='multi-label, topk')
    for score, label in zip(
        scores(model), predicted(model, 'pred_label'), strict=True
    ):
        assert_close(label, score.topk(2).indices, **exactly)


def test_one_draw_without_a_variance_is_the_deterministic_prediction():
    model = build(num_draws=1)
    with torch.no_grad():
        for localiser in model.drawn_localisers():
            localiser.regressor.bias[3:] = -300
    sure = build(SURE, num_draws=None)
    state = model.state_dict()
    sure.load_state_dict(
        {
            name: value[:3] if 'regressor' in name else value
            for name, value in state.items()
        }
    )
    assert_close(scores(model), scores(sure), **exactly)


def test_by_default_a_prediction_is_by_the_mean_of_theta():
    model = build(num_draws=None)
    feats = model.extract_feat(images())
    expected = model.head.predict(feats)[0].pred_score
    assert_close(scores(model)[0], expected, **exactly)


def test_predictions_are_repeatable_whatever_else_draws():
    model = build()
    torch.manual_seed(1)
    first, state = scores(model), torch.get_rng_state()
    torch.manual_seed(2)
    torch.rand(7)
    assert_close(scores(model), first, **exactly)
    torch.manual_seed(1)
    assert_close(torch.get_rng_state(), state, **exactly)


def test_predictions_depend_on_the_seed():
    one, other = build(), build(seed=1)
    assert (scores(one) - scores(other)).abs().max() > 1e-3


def test_a_prediction_does_not_depend_on_its_batch():
    model = build()
    alone = scores(model, images()[2:3])
    assert_close(scores(model)[2:3], alone)


def test_two_localisers_draw_apart():
    model = build(DRAWN, DRAWN)
    with drawing(model.drawn_localisers(), (0, 0)):
        one, other = (m.noise[COMPILED] for m in model.drawn_localisers())
    assert (one != other).all()


@pytest.mark.parametrize(
    'twin',
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=['deepcopy', 'pickle'],
)
def test_a_twin_predicts_the_same(twin):
    model = build()
    model.train()(images(), [DataSample().set_gt_label(0)] * 4, mode='loss')
    again = twin(model).eval()
    assert_close(scores(again), scores(model.eval()), **exactly)


def test_data_samples_keep_their_fields():
    model = build()
    samples = [DataSample().set_gt_label(i % 3) for i in range(4)]
    predictions = model(images(), samples, mode='predict')
    assert [s.gt_label.item() for s in predictions] == [0, 1, 2, 0]
    assert all(a is b for a, b in zip(predictions, samples, strict=True))
    assert_close(predictions[1].pred_score, scores(model)[1])


def test_autocast_averages_in_float32():
    model = build()
    with torch.autocast('cpu', torch.bfloat16):
        found = scores(model)
    assert found.dtype == torch.float32
    assert_close(found, scores(model), atol=0.2, rtol=0)


def test_a_run_trains_and_validates_with_draws(tmp_path):
    losses = [dict(type='mmstn.PosteriorLoss', weight=0.1, deviation=0.6)]
    runner = trained(
        tmp_path,
        model=config(theta_losses=losses),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e-5)),
    )
    logged = runner.message_hub.log_scalars
    expected = 0.1 * 3 * (0.25 - 1 + 2 * math.log(2)) / 2
    assert_close(logged['train/loss_posterior'].current(), expected, **near)
    assert 'val/accuracy/top1' in logged


def half_of_scores(rank, folder):
    """Write what one of two processes predicts of its half of a batch."""
    torch.distributed.init_process_group(
        'gloo', f'file://{folder}/meet', rank=rank, world_size=2
    )
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MMDistributedDataParallel(build())
    torch.manual_seed(rank)
    found = scores(model, images()[2 * rank : 2 * rank + 2])
    torch.save(found, f'{folder}/{rank}.pth')
    del model  # else this ends gloo's threads, and holds the GIL
    torch.distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.dist
def test_two_processes_predict_what_one_does(tmp_path):
    torch.multiprocessing.spawn(half_of_scores, (str(tmp_path),), 2)
    halves = [torch.load(tmp_path / f'{rank}.pth') for rank in range(2)]
    assert_close(torch.cat(halves), scores(build()))


@pytest.mark.parametrize('num_draws', [0, 1.5, True], ids=repr)
def test_draws_must_be_a_number(num_draws):
    with pytest.raises(ValueError, match='num_draws must be a whole number'):
        build(num_draws=num_draws)


@pytest.mark.parametrize('seed', [-1, 0.5, None], ids=repr)
def test_a_seed_must_be_an_integer(seed):
    with pytest.raises(ValueError, match='seed must be an integer from 0'):
        build(seed=seed)


def test_draws_without_a_localiser_that_draws_are_refused():
    message = 'num_draws=10, but no localiser draws theta.*or leave out num_'
    with pytest.raises(ValueError, match=message):
        build(SURE)

"""A transformer follows a box through frames."""

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch import nn
from torch.testing import assert_close

from mmstn.geometry.outline import box_corners
from mmstn.models.tracker import Tracker, box_matrix

SIZE = (12, 16)


def config(family='AffineGrid', remembers=True, **kwargs):
    view = (6, 6) if remembers else SIZE
    localisation = dict(
        trunk=dict(
            type='mmstn.PlainNet',
            size=view,
            in_channels=2,
            steps=[dict(fc=8)],
        )
    )
    if remembers:
        kind = 'mmstn.RecurrentLocalisation'
        localisation.update(type=kind, hidden_dim=5)
    return dict(
        type='mmstn.Tracker',
        transformer=dict(
            type='mmstn.SpatialTransformer',
            localisation=localisation,
            grid=dict(type=f'mmstn.{family}', size=view),
        ),
        **kwargs,
    )


def build(*args, **kwargs):
    torch.manual_seed(0)
    return MODELS.build(config(*args, **kwargs))


def moved(tracker):
    nn.init.normal_(
        tracker.transformer.localisation.regressor.weight, std=0.05
    )
    return tracker


def frames(batch=2, length=5):
    torch.manual_seed(1)
    return torch.rand(batch, 1, length, *SIZE)


def samples(batch=2, length=5):
    """Boxes of 6x4 pixels that move to the right, and nothing beside them."""
    left = torch.arange(length) + 0.5
    zero = torch.zeros(length)
    box = torch.stack([left, zero + 2.5, left + 6, zero + 6.5], dim=1)
    boxes = torch.stack([box, box * torch.nan])
    return [sample(boxes) for _ in range(batch)]


def sample(boxes):
    result = DataSample()
    result.set_field(boxes, 'gt_boxes')
    return result


def test_before_training_the_window_stays_in_the_box():
    given = samples()
    predicted = build()(frames(), given, mode='predict')
    for got, one in zip(predicted, given, strict=True):
        box = box_corners(one.gt_boxes[0, 0])
        assert_close(got.pred_corners, box.expand(5, 4, 2))


@pytest.mark.parametrize('family', ['AttentionGrid', 'SimilarityGrid'])
def test_a_box_of_the_proportions_of_the_frame_is_known_to_all(family):
    box = torch.tensor([[3.5, 2.5, 7.5, 5.5]])
    corners = build(family).corners(frames(1), box)
    assert_close(corners, box_corners(box).expand(1, 5, 4, 2))


def test_the_loss_is_the_distance_of_corners_in_pixels():
    loss = build()(frames(), samples(), mode='loss')['loss_corners']
    # in frame t it lags t pixels along x, of which half a pixel is rounded
    along_x = torch.arange(1.0, 5) - 0.5
    assert_close(loss, along_x.mean() / 2)


def test_updates_are_composed_from_frame_to_frame():
    tracker = build('AttentionGrid')
    push = torch.tensor([[1.0, 0.25, 0.0]])
    tracker.transformer.localisation.step = lambda seen, state: (push, state)
    box = torch.tensor([[-0.5, -0.5, 7.5, 5.5]])
    corners = tracker.corners(frames(1), box)[0]
    # a quarter of half the box, 8 pixels wide
    assert_close(corners[:, 0, 0], torch.arange(5.0) - 0.5)
    assert_close(corners[:, 0, 1], torch.full((5,), -0.5))


def test_what_is_sought_is_read_from_the_first_frame_with_what_is_around():
    tracker, seen = build('AttentionGrid', context=2.0), []
    tracker.transformer.localisation.step = lambda given, state: (
        seen.append(given) or torch.tensor([[1.0, 0.0, 0.0]]),
        state,
    )
    clip, box = frames(1), torch.tensor([[3.5, 2.5, 7.5, 5.5]])
    tracker.corners(clip, box)
    around = torch.tensor([[0.5, -0.25, -0.25]])  # 8 pixels of 16 by 12
    for time, given in enumerate(seen, 1):
        for channel, frame in enumerate((0, time)):
            expected = tracker.transformer.sampler(
                clip[:, :, frame],
                tracker.transformer.grid,
                around,
            )
            assert_close(given[:, channel : channel + 1], expected)


def test_where_it_was_gets_no_gradient():
    tracker = moved(build('AttentionGrid'))
    box = torch.tensor([[3.5, 2.5, 9.5, 8.5]])
    theta = tracker.track(frames(1), box)
    bias = tracker.transformer.localisation.regressor.bias
    (slope,) = torch.autograd.grad(theta[:, -1, 0].sum(), bias)
    # the last update alone: the scale before it, and none of the shifts
    assert_close(slope, torch.stack([theta[0, -2, 0], *slope[1:] * 0]))


def test_a_frame_on_its_own_is_read_whole_and_remembers_nothing():
    tracker = moved(build('AttentionGrid', remembers=False))
    clip = frames()
    clip[:, :, 3] = clip[:, :, 1]
    box = torch.tensor([[0.5, 0.5, 8.5, 6.5]]).expand(2, 4)
    corners = tracker.corners(clip, box)
    assert_close(corners[:, 3], corners[:, 1])
    assert not torch.allclose(corners[:, 2], corners[:, 1])


@pytest.mark.parametrize('remembers', [True, False])
def test_every_parameter_gets_a_gradient(remembers):
    tracker = moved(build('AttentionGrid', remembers))
    tracker(frames(), samples(), mode='loss')['loss_corners'].backward()
    for name, weight in tracker.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.any(), name


def test_the_matrix_of_a_box_reads_it_edge_to_edge():
    box = torch.tensor([[3.5, 2.5, 11.5, 8.5], [-0.5, -0.5, 15.5, 11.5]])
    matrix = box_matrix(box, SIZE)
    expected = torch.tensor(
        [[[0.5, 0, 0], [0, 0.5, 0]], [[1.0, 0, 0], [0, 1, 0]]]
    )
    assert_close(matrix, expected)


@pytest.mark.parametrize(
    'family', ['TPSGrid', 'ProjectiveGrid', 'TranslationGrid']
)
def test_a_family_that_knows_no_box_is_refused(family):
    with pytest.raises(ValueError, match=f'Tracker: grid must .* {family}'):
        build(family)


def test_what_is_no_transformer_follows_nothing():
    with pytest.raises(ValueError, match='mmstn.Spatial.* but got a Linear'):
        Tracker(nn.Linear(2, 2))


@pytest.mark.parametrize('kind', ['Parallel', 'Iterative'])
def test_one_window_takes_one_step_in_each_frame(kind):
    cfg = config(remembers=False)
    count = 'num_transformers' if kind == 'Parallel' else 'num_steps'
    transformer = f'{kind}SpatialTransformer'
    cfg['transformer'].update({'type': f'mmstn.{transformer}', count: 1})
    with pytest.raises(ValueError, match=f'one step .* a {transformer}'):
        MODELS.build(cfg)


@pytest.mark.parametrize('mode', ['loss', 'predict'])
def test_one_frame_is_nothing_to_follow(mode):
    with pytest.raises(ValueError, match='at least two frames'):
        build()(frames(length=1), samples(length=1), mode=mode)


def test_pictures_are_no_sequences():
    with pytest.raises(ValueError, match=r'inputs must be sequences .*12, 16'):
        build()(torch.rand(2, 1, *SIZE), samples())


@pytest.mark.parametrize('given', [None, [], [DataSample()] * 2])
def test_what_to_follow_is_asked_for(given):
    with pytest.raises(ValueError, match='given by data samples with gt_box'):
        build()(frames(), given)


@pytest.mark.parametrize('mode', ['loss', 'predict'])
@pytest.mark.parametrize('shape', [(5, 4), (0, 5, 4), (1, 5, 5), (2, 0, 4)])
def test_boxes_are_of_things_in_frames(shape, mode):
    message = r'gt_boxes must be \(K, T, 4\), .* but got .*, and of the first'
    with pytest.raises(ValueError, match=message):
        build()(frames(), [sample(torch.ones(shape))] * 2, mode=mode)


def test_boxes_are_of_as_many_frames_in_each_sequence():
    given = [*samples(1), *samples(1, length=4)]
    message = r'got \(2, 4, 4\), and of the first sequence \(2, 5, 4\)'
    with pytest.raises(ValueError, match=message):
        build()(frames(), given)


def test_each_sequence_has_something_to_follow():
    with pytest.raises(ValueError, match='for each of the 2 sequences; take'):
        build()(frames(), samples(1))


WRONG = [[5.5, 2, 1, 6], [1.5, 2, 1.5, 6], [float('nan')] * 4]


@pytest.mark.parametrize('box', WRONG, ids=['turned', 'empty', 'gone'])
def test_what_to_follow_has_an_area(box):
    given = samples()
    given[1].gt_boxes[0, 3] = torch.tensor(box)
    tracker = build()
    with pytest.raises(ValueError, match='finite and with an area, but got'):
        tracker(frames(), given, mode='loss')
    tracker(frames(), given, mode='predict')  # reads the first box alone
    given[1].gt_boxes[0, 0] = torch.tensor(box)
    with pytest.raises(ValueError, match='finite and with an area, but got'):
        tracker(frames(), given, mode='predict')


def test_to_learn_there_must_be_a_box_in_each_frame():
    with pytest.raises(ValueError, match='all 5 frames .* are of 4'):
        build()(frames(), samples(length=4), mode='loss')


@pytest.mark.parametrize('remembers', [True, False])
def test_a_trunk_that_cannot_see_an_output_is_refused(remembers):
    cfg = config(remembers=remembers)
    cfg['transformer']['grid']['size'] = (5, 5)
    with pytest.raises(ValueError, match=r'Tracker: .* output of size \(5, 5'):
        MODELS.build(cfg)


def test_a_trunk_of_one_reading_is_refused():
    cfg = config()
    cfg['transformer']['localisation']['trunk']['in_channels'] = 1
    message = 'sees two readings.* in_channels=1; give it twice'
    with pytest.raises(ValueError, match=message):
        MODELS.build(cfg)


@pytest.mark.parametrize('context', [0.5, float('nan'), 'wide'])
def test_a_context_that_cuts_the_box_is_refused(context):
    with pytest.raises(ValueError, match='Tracker: context must be'):
        build(context=context)

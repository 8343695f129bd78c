"""A foreground is moved, stage by stage, until a critic finds it real."""

import copy

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch import nn
from torch.testing import assert_close

from mmstn.models.st_gan import inverse, layers

SIZE = (12, 12)


def config(stages=3, family='ProjectiveGrid', **kwargs):
    trunk = dict(
        type='mmstn.PlainNet', size=SIZE, in_channels=3, steps=[dict(fc=6)]
    )
    model = dict(
        type='mmstn.STGAN',
        transformer=dict(
            type='mmstn.IterativeSpatialTransformer',
            num_steps=stages,
            localisation=[dict(trunk=trunk) for _ in range(stages)],
            grid=dict(type=f'mmstn.{family}', size=SIZE),
        ),
        critic=dict(type='mmstn.PlainNet', size=SIZE, steps=[dict(fc=6)]),
        critic_steps=2,
        stage_steps=3,
    )
    return model | kwargs


def build(moved=False, **kwargs):
    torch.manual_seed(0)
    gan = MODELS.build(config(**kwargs))
    if moved:
        for localiser in gan.transformer.localisers:
            nn.init.normal_(localiser.regressor.weight, std=0.05)
    return gan


def inputs(batch=4):
    torch.manual_seed(1)
    return torch.rand(batch, 4, *SIZE)


def total(losses):
    return sum(loss for name, loss in losses.items() if 'loss' in name)


def gradients(gan, losses):
    gan.zero_grad()
    losses.backward()
    return {
        name.split('.trunk')[0].split('.regressor')[0].split('.network')[0]
        for name, weight in gan.named_parameters()
        if weight.grad is not None and weight.grad.any()
    }


def train(gan, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        total(gan(inputs(), mode='loss')).backward()
        optimizer.step()


def adam(gan):
    return torch.optim.Adam(gan.parameters(), lr=0.01)


def test_the_critic_first_then_stage_after_stage():
    gan = build()
    seen = []
    for _ in range(13):
        seen.append(gan.stage)
        gan(inputs(), mode='loss')
    assert seen == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]


@pytest.mark.parametrize('steps', [0, 2, 5, 8])
def test_only_the_stage_in_training_and_the_critic_have_a_gradient(steps):
    gan = build(moved=True)
    gan.steps_taken.fill_(steps)
    found = gradients(gan, total(gan(inputs(), mode='loss')))
    own = {0: set(), 2: {'0'}, 5: {'1'}, 8: {'2'}}[steps]
    localisers = {f'transformer.localisation.{stage}' for stage in own}
    assert found - {'critic.score.weight', 'critic.score.bias'} == (
        localisers | {'critic'}
    )


def test_each_network_learns_from_its_own_losses():
    gan = build(moved=True)
    gan.steps_taken.fill_(2)
    losses = gan(inputs(), mode='loss')
    generator = losses['loss_generator'] + losses['loss_update']
    assert gradients(gan, generator) == {'transformer.localisation.0'}
    gan.steps_taken.fill_(2)
    losses = gan(inputs(), mode='loss')
    critic = losses['loss_critic'] + losses['loss_penalty']
    assert not any('transformer' in name for name in gradients(gan, critic))


def test_a_localiser_starts_as_that_of_the_stage_before_and_leaves_it():
    gan = build(moved=True)
    first, second, _ = gan.transformer.localisers
    optimizer = adam(gan)
    train(gan, optimizer, 5)
    trained = copy.deepcopy(first.state_dict())
    assert not torch.equal(first.regressor.weight, second.regressor.weight)
    gan.begin(gan.stage)
    for name, value in second.state_dict().items():
        assert torch.equal(value, trained[name])
    train(gan, optimizer, 3)
    for name, value in first.state_dict().items():
        assert torch.equal(value, trained[name])
    assert not torch.equal(
        second.regressor.weight, trained['regressor.weight']
    )


def test_the_penalty_of_a_linear_critic_has_a_closed_form():
    """The slope of w x is w, whatever the pictures."""
    flat = nn.Flatten()
    flat.out_features = SIZE[0] * SIZE[1]
    gan = build(critic=flat)
    length = gan.critic.score.weight.norm()
    _, _, real = layers(inputs())
    penalty = gan.slope_penalty(real, torch.rand_like(real))
    assert_close(penalty, (length - 1).square())


class Squares(nn.Module):
    """Half of the sum of squares: the slope is the picture."""

    out_features = 1

    def forward(self, pictures):
        return pictures.square().flatten(1).sum(1, keepdim=True) / 2


def test_the_penalty_is_taken_between_a_real_and_a_fake_picture_each():
    gan = build(critic=Squares())
    nn.init.ones_(gan.critic.score.weight)
    _, _, real = layers(inputs())
    fake = torch.rand_like(real)
    random = torch.Generator().manual_seed(int(gan.steps_taken))
    share = torch.rand(len(real), generator=random)
    lengths = [
        ((1 - s) * one + s * other).norm()
        for s, one, other in zip(share, real, fake, strict=True)
    ]
    expected = (torch.stack(lengths) - 1).square().mean()
    assert_close(gan.slope_penalty(real, fake), expected)


def test_the_penalty_has_the_second_derivative_of_the_critic():
    gan = build().double()
    _, _, real = layers(inputs(2).double())
    fake = torch.rand_like(real)
    weight = gan.critic.network.steps.fc1.weight
    gan.slope_penalty(real, fake).backward()
    step = 1e-6
    with torch.no_grad():
        weight[2, 30] += step
    upper = gan.slope_penalty(real, fake)
    with torch.no_grad():
        weight[2, 30] -= 2 * step
    lower = gan.slope_penalty(real, fake)
    slope = (upper - lower).detach() / (2 * step)
    assert_close(weight.grad[2, 30], slope, rtol=1e-4, atol=1e-8)


def test_the_gap_is_that_of_real_pictures_and_composites():
    gan = build(moved=True)
    gan.steps_taken.fill_(2)
    background, foreground, real = layers(inputs())
    thetas, _ = gan.place(background, foreground, 1)
    fake = gan.composite(background, foreground, thetas[-1])
    gap = gan.critic(real).mean() - gan.critic(fake).mean()
    losses = gan(inputs(), mode='loss')
    assert_close(losses['gap'], gap.detach())
    assert_close(losses['loss_critic'], -gap)
    assert_close(losses['loss_generator'], -gan.critic(fake).mean())


def test_updates_are_composed_and_the_original_is_read():
    gan = build(moved=True)
    background, foreground, _ = layers(inputs())
    thetas, _ = gan.place(background, foreground, 3)
    grid = gan.transformer.grid
    product = torch.eye(3).expand(4, 3, 3)
    seen = foreground
    for localiser, theta in zip(
        gan.transformer.localisers, thetas[1:], strict=True
    ):
        update = localiser(torch.cat([seen, background], dim=1))
        product = product @ grid.matrix(update)
        product = product / product[:, 2:, 2:]
        assert_close(grid.matrix(theta), product)
        seen = gan.transformer.sampler(foreground, grid, theta)
    composites = gan(inputs())
    assert composites.shape == (4, 4, 1, *SIZE)
    expected = seen[:, :1] + (1 - seen[:, 1:]) * background
    assert_close(composites[:, -1], expected)


def test_before_training_nothing_moves():
    background, foreground, _ = layers(inputs())
    expected = foreground[:, :1] + (1 - foreground[:, 1:]) * background
    for composite in build()(inputs()).unbind(1):
        assert_close(composite, expected)


def test_the_foreground_starts_where_the_steps_begin():
    begin = [1, 0, 0.3, 0, 1, -0.2, 0, 0]
    cfg = config()
    cfg['transformer'] = dict(cfg['transformer'], begin=begin)
    gan = MODELS.build(cfg)
    background, foreground, _ = layers(inputs())
    theta = torch.tensor([begin]).expand(4, -1)
    expected = gan.composite(background, foreground, theta)
    for composite in gan(inputs()).unbind(1):
        assert_close(composite, expected)


@pytest.mark.parametrize('family', ['ProjectiveGrid', 'AffineGrid'])
def test_corners_move_the_other_way_than_what_is_read(family):
    gan = build(family=family)
    theta = torch.tensor([gan.transformer.grid.identity])
    corners = torch.tensor([[[2.0, 3], [8, 3], [8, 9], [2, 9]]])
    assert_close(gan.moved(corners, theta), corners)
    theta[0, 2] = 2 / 12  # reads a pixel further right
    assert_close(gan.moved(corners, theta)[..., 0], corners[..., 0] - 1)
    bright = torch.zeros(1, 2, *SIZE)
    bright[0, :, 4, 6] = 1
    seen = gan.transformer.sampler(bright, gan.transformer.grid, theta)
    assert seen[0, 0, 4, 5] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize('rows', [2, 3])
def test_a_map_and_its_inverse_are_the_identity(rows):
    torch.manual_seed(0)
    full = torch.eye(3) + 0.2 * torch.rand(5, 3, 3)
    if rows == 2:
        full[:, 2] = torch.tensor([0.0, 0, 1])
    back = inverse(full[:, :rows])
    assert back.shape == (5, rows, 3)
    whole = torch.cat([back, full[:, rows:]], dim=1) @ full
    assert_close(whole / whole[:, 2:, 2:], torch.eye(3).expand(5, 3, 3))


def test_a_prediction_has_corners_and_scores_at_first_and_by_stage():
    gan = build(moved=True).eval()
    corners = torch.tensor([[2.0, 3], [8, 3], [8, 9], [2, 9]])
    samples = []
    for _ in range(4):
        samples.append(DataSample())
        both = torch.stack([corners, corners + 1])
        samples[-1].set_field(both, 'gt_corners')
    with torch.no_grad():
        predictions = gan(inputs(), samples, mode='predict')
        composites = gan(inputs())
        real = gan.critic(inputs()[:, 3:])
    for index, prediction in enumerate(predictions):
        assert prediction.pred_corners.shape == (4, 4, 2)
        assert_close(prediction.pred_corners[0], corners)
        assert not torch.equal(prediction.pred_corners[1], corners)
        scores = gan.critic(composites[index]).detach()
        assert_close(prediction.pred_scores, scores)
        assert_close(prediction.real_score, real[index])


def test_without_corners_there_is_nothing_to_predict():
    with pytest.raises(ValueError, match='STGAN: .* gt_corners say where'):
        build()(inputs(), mode='predict')


def test_a_run_that_goes_on_is_the_same():
    whole = build(moved=True)
    train(whole, adam(whole), 7)
    first = build(moved=True)
    optimizer = adam(first)
    train(first, optimizer, 4)
    second = build()
    second.load_state_dict(first.state_dict())
    other = adam(second)
    other.load_state_dict(optimizer.state_dict())
    train(second, other, 3)
    for name, value in whole.state_dict().items():
        assert torch.equal(second.state_dict()[name], value), name


def test_the_critic_is_computed_in_float32():
    gan = build(moved=True)
    gan.steps_taken.fill_(2)
    with torch.autocast('cpu', torch.bfloat16):
        losses = gan(inputs(), mode='loss')
    exact = build(moved=True)
    exact.steps_taken.fill_(2)
    assert losses['loss_penalty'].dtype == torch.float32
    assert_close(
        losses['loss_penalty'],
        exact(inputs(), mode='loss')['loss_penalty'],
        rtol=1e-2,
        atol=1e-3,
    )


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(critic=nn.Flatten()), 'critic Flatten has no out_features'),
        (dict(stage_steps=0), 'stage_steps must be .* 0'),
        (dict(penalty='much'), "penalty must be .* 'much'"),
    ],
)
def test_what_does_not_fit_is_said(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        MODELS.build(config(**change))


def test_stages_need_a_localiser_each():
    cfg = config()
    cfg['transformer']['localisation'] = cfg['transformer']['localisation'][0]
    with pytest.raises(ValueError, match='a list, one for each stage'):
        MODELS.build(cfg)


def test_the_length_of_an_update_costs():
    gan = build(update=0.5)
    gan.steps_taken.fill_(gan.critic_steps)
    move = torch.tensor([0.1, 0, -0.2, 0, 0, 0.3, 0, 0])
    gan.transformer.localisers[0].regressor.bias.data += move
    loss = gan(inputs(), mode='loss')['loss_update']
    assert_close(loss, 0.5 * move.square().sum())


@pytest.mark.parametrize('name', ['penalty', 'update'])
def test_a_weight_below_none_is_refused(name):
    with pytest.raises(ValueError, match=f'STGAN: {name} must be .* from 0'):
        build(**{name: -1})

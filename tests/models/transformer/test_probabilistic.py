"""Laws of drawn thetas: of which distribution, and when they are drawn."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from mmengine.model import Sequential
from mmpretrain.registry import MODELS
from small_transformer import small_transformer
from third_parties import FAMILIES
from torch.testing import assert_close

from mmstn.models.transformer import Posterior
from mmstn.models.transformer.probabilistic import drawing, normal_noise

START = (0.5, 0.25, -0.125)
exactly = dict(atol=0, rtol=0)


def build(**kwargs):
    torch.manual_seed(0)
    trunk = dict(type='mmstn.PlainNet', size=(6, 4), steps=[dict(fc=8)])
    kind = 'mmstn.ProbabilisticLocalisation'
    return MODELS.build(dict(type=kind, trunk=trunk, start=START) | kwargs)


def moved(model):
    """Let mean and variance depend on the source, as training does."""
    torch.nn.init.normal_(model.regressor.weight, std=0.5)
    return model


def sources(batch=3):
    return torch.randn(
        batch, 1, 6, 4, generator=torch.Generator().manual_seed(1)
    )


def test_at_first_the_mean_is_the_start_and_the_deviation_as_told():
    model = build(deviation=0.3).eval()
    assert_close(model(sources()), torch.tensor([START] * 3), **exactly)
    deviation = (model.posterior.log_variance / 2).exp()
    assert_close(deviation, torch.full((3, 3), 0.3))


def test_the_start_survives_a_greedy_init_cfg():
    greedy = dict(type='Normal', layer='Linear', std=1, bias=3)
    model = Sequential(build(), init_cfg=greedy)
    model.init_weights()
    theta = model.eval()(sources())
    assert_close(theta, torch.tensor([START] * 3), **exactly)


def test_in_evaluation_theta_is_the_mean():
    model = moved(build()).eval()
    theta = model(sources())
    assert_close(theta, model.posterior.mean, **exactly)
    assert_close(theta, model(sources()), **exactly)


def test_in_training_theta_is_drawn_by_mean_and_deviation():
    model = moved(build(deviation=0.2))
    source = sources().repeat(20000, 1, 1, 1)
    thetas = model(source).unflatten(0, (-1, 3))  # (20000, 3, P)
    mean, log_variance = (part[:3] for part in model.posterior)
    deviation = (log_variance / 2).exp()
    error = 5 * deviation.max() / 20000**0.5
    assert_close(thetas.mean(0), mean, atol=error.item(), rtol=0)
    assert_close(thetas.std(0), deviation, atol=0, rtol=0.03)
    first, second = thetas[:, 0, 0], thetas[:, 1, 0]
    assert torch.corrcoef(torch.stack([first, second]))[0, 1].abs() < 0.03


def test_a_gradient_reaches_mean_and_deviation():
    model = build()
    theta = model(sources())
    noise = (theta - model.posterior.mean) / 0.1
    theta.sum().backward()
    gradient = model.regressor.bias.grad
    assert_close(gradient[:3], torch.full((3,), 3.0))
    assert_close(gradient[3:], 0.1 / 2 * noise.sum(0).detach())


def test_without_a_variance_it_is_deterministic():
    model = build()
    with torch.no_grad():
        model.regressor.bias[3:] = -300
    expected = model.eval()(sources())
    assert_close(model.train()(sources()), expected, **exactly)


def test_a_draw_is_the_same_number_of_deviations_in_any_batch():
    model = moved(build()).eval()
    with drawing([model], (0, 5)):
        together, alone = model(sources()), model(sources()[1:2])
        assert_close(alone, together[1:2])
        expected = model.posterior.draw(normal_noise((0, 5, 0), 3))
        assert_close(alone, expected)
    assert model.noise == {}


def test_another_thread_does_not_draw():
    model = moved(build()).eval()
    with ThreadPoolExecutor(1) as pool, drawing([model], (0, 0)):
        drawn = model(sources())
        theirs = pool.submit(model, sources() + 1).result()
        assert_close(model(sources()), drawn, **exactly)
    assert_close(theirs, model(sources() + 1), **exactly)


@pytest.mark.slow
def test_compiled_it_gives_the_same():
    model = moved(build()).eval()
    compiled = torch.compile(model, backend='eager')
    theta = compiled(sources())
    posterior = model.posterior
    assert_close(theta, model(sources()), **exactly)
    assert_close(tuple(posterior), tuple(model.posterior), **exactly)
    with drawing([model], (0, 0)):
        assert_close(compiled(sources()), model(sources()), **exactly)


def test_draws_depend_on_seed_pass_and_localiser():
    pair = [build().eval(), build().eval()]
    thetas = []
    for key in ((0, 0), (0, 1), (1, 0)):
        with drawing(pair, key):
            thetas += [model(sources(1)) for model in pair]
    assert len(torch.cat(thetas)[:, 0].unique()) == 6


def test_draws_neither_use_nor_move_the_global_generator():
    model = build().eval()
    torch.manual_seed(3)
    state = torch.get_rng_state()
    with drawing([model], (0, 0)):
        first = model(sources())
        assert_close(torch.get_rng_state(), state, **exactly)
        torch.manual_seed(4)
        assert_close(model(sources()), first, **exactly)


@pytest.mark.parametrize(
    'twin',
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=['deepcopy', 'pickle'],
)
def test_a_twin_gives_the_same_and_shares_nothing(twin):
    model = moved(build())
    model(sources())
    again = twin(model)
    assert model.posterior is not None
    assert again.posterior is None
    assert_close(again.eval()(sources()), model.eval()(sources()), **exactly)
    assert again.posterior.mean is not model.posterior.mean


@pytest.mark.parametrize('training', [True, False])
def test_autocast_leaves_theta_and_posterior_in_float32(training):
    model = moved(build()).train(training)
    with torch.autocast('cpu', torch.bfloat16):
        theta = model(sources())
    assert {theta.dtype, *(p.dtype for p in model.posterior)} == {
        torch.float32
    }


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_a_half_precision_model_draws_in_its_own_precision(dtype):
    model = build().to(dtype)
    assert model(sources().to(dtype)).dtype == dtype
    with drawing([model.eval()], (0, 0)):
        assert model(sources().to(dtype)).dtype == dtype


@pytest.mark.parametrize('count', [None, 2])
@pytest.mark.parametrize('size', [(8, 8), (4, 6, 5)], ids=str)
@pytest.mark.parametrize('family', FAMILIES)
def test_every_family_is_drawn(family, size, count):
    if len(size) not in MODELS.get(f'mmstn.{family}').DIMENSIONS:
        pytest.skip('2D alone')
    kwargs = dict(size=size, num_transformers=count, deviation=0.05)
    model = MODELS.build(small_transformer(family, **kwargs))
    source = torch.rand(2, 1, *size)
    theta = model.locate(source)
    shape = (2, model.grid.num_params)
    shape = shape if count is None else (2, count, model.grid.num_params)
    assert theta.shape == shape
    start = torch.tensor(model.start).view(shape[1:])
    apart = (theta - start).abs()
    assert apart.min() > 0
    assert apart.max() < 0.5
    assert_close(model.eval().locate(source), start.expand(shape))
    model.train()(source).sum().backward()
    assert model.localisation.regressor.bias.grad.isfinite().all()


def test_a_posterior_draws_a_number_of_deviations_from_its_mean():
    posterior = Posterior(
        torch.tensor([[1.0, 2.0]]), torch.tensor([[0.25, 4.0]]).log()
    )
    noise = torch.tensor([2.0, -1.0])
    assert_close(posterior.draw(noise), torch.tensor([[2.0, 0.0]]))


@pytest.mark.parametrize('deviation', [0, -1.0, float('nan'), '1'], ids=repr)
def test_a_deviation_that_is_none_is_refused(deviation):
    with pytest.raises(ValueError, match='deviation must be a positive numb'):
        build(deviation=deviation)


def test_noise_is_standard_normal():
    noise = torch.cat([normal_noise((0, i, 0), 20) for i in range(500)])
    assert noise.mean().abs() < 0.05
    assert (noise.std() - 1).abs() < 0.03
    pairs = noise.view(-1, 20)[:, :2].T
    assert torch.corrcoef(pairs)[0, 1].abs() < 0.15
